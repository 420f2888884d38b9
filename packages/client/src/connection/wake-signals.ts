import { createAlarm, type Timing } from '../timing.js';

const TICK_MS = 5_000;
const JUMP_MS = 10_000;

/** The part of a browser that tells of waking up. Where there is none, only the clock is watched. */
export interface WakeTarget {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
  readonly document?: { readonly visibilityState: string } & Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;
}

/**
 * Calls `wake` when the device or the page may have been away: `online`, `pageshow`, the page becoming visible, and a
 * jump of the clock, which is how sleep looks where no event tells of it. Returns how to stop.
 */
export function watchWakeSignals(timing: Timing, wake: () => void, target: WakeTarget = globalThis as WakeTarget): () => void {
  const { document } = target;
  const whenVisible = () => document?.visibilityState === 'visible' && wake();
  const alarm = createAlarm(timing);
  const watchClock = (before: number) =>
    alarm.set(TICK_MS, () => {
      const now = timing.now();
      watchClock(now);
      if (now - before > JUMP_MS) wake();
    });
  watchClock(timing.now());
  target.addEventListener?.('online', wake);
  target.addEventListener?.('pageshow', wake);
  document?.addEventListener('visibilitychange', whenVisible);
  return () => {
    alarm.clear();
    target.removeEventListener?.('online', wake);
    target.removeEventListener?.('pageshow', wake);
    document?.removeEventListener('visibilitychange', whenVisible);
  };
}
