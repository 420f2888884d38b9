import { createAlarm, type Timing } from '../timing.js';
import { JUMP_MS, TICK_MS } from '../limits.js';

type Listen = (type: string, listener: () => void, options: { readonly signal: AbortSignal }) => void;

/** The part of a browser that tells of waking up. Where there is none, only the clock is watched. */
export interface WakeTarget {
  addEventListener?: Listen;
  readonly document?: { readonly visibilityState: string; readonly addEventListener: Listen };
}

/**
 * Calls `wake` when the device or the page may have been away: `online`, `pageshow`, the page becoming visible, and a
 * jump of the clock, which is how sleep looks where no event tells of it. Returns how to stop.
 */
export function watchWakeSignals(timing: Timing, wake: () => void, target: WakeTarget = globalThis as WakeTarget): () => void {
  const { document } = target;
  const stop = new AbortController();
  // A program ends by itself when nothing else is to be done.
  const alarm = createAlarm(timing, false);
  const watchClock = (before: number) =>
    alarm(TICK_MS, () => {
      // Wall time: the monotonic clock stands still during sleep on some systems.
      const now = timing.now();
      watchClock(now);
      if (Math.abs(now - before) > JUMP_MS) wake();
    });
  watchClock(timing.now());
  for (const type of ['online', 'pageshow']) target.addEventListener?.(type, wake, stop);
  document?.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake(), stop);
  return () => {
    alarm();
    stop.abort();
  };
}
