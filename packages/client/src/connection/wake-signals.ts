import { createAlarm, type Timing } from '../timing.js';
import { JUMP_MS, TICK_MS } from '../limits.js';

/**
 * Calls `wake` whenever the device, the network or the application may have been away: the client then checks its
 * connection at once, or opens one. Several calls within a second count as two. Returns how to stop.
 */
export type WatchWakeSignals = (wake: () => void) => () => void;

type Listen = (type: string, listener: () => void, options: { readonly signal: AbortSignal }) => void;

/** The part of a browser that tells of waking up. */
export interface WakeTarget {
  addEventListener?: Listen;
  readonly document?: { readonly visibilityState: string; readonly addEventListener: Listen };
}

/** `online`, `pageshow` and the page becoming visible; nothing where there is no page. */
export const watchPageEvents =
  (target: WakeTarget): WatchWakeSignals =>
  (wake) => {
    const { document } = target;
    const stop = new AbortController();
    for (const type of ['online', 'pageshow']) target.addEventListener?.(type, wake, stop);
    document?.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake(), stop);
    return () => stop.abort();
  };

/**
 * Calls `wake` for the signals of `watch`, and after a jump of the clock, which is how sleep looks where no signal tells
 * of it. Returns how to stop.
 */
export function watchWakeSignals(timing: Timing, wake: () => void, watch: WatchWakeSignals = watchPageEvents(globalThis as WakeTarget)): () => void {
  // A program ends by itself when nothing else is to be done.
  const alarm = createAlarm(timing, false);
  const watchClock = (before: number) =>
    alarm(TICK_MS, () => {
      // Wall time: the monotonic clock stands still during sleep on some systems.
      const now = timing.now();
      watchClock(now);
      // Browsers ring the timers of a hidden page once a minute; it wakes when it is shown.
      if (Math.abs(now - before) > JUMP_MS && !globalThis.document?.hidden) wake();
    });
  watchClock(timing.now());
  const stop = watch(wake);
  return () => {
    alarm();
    stop();
  };
}
