/** Time, timers and randomness as an argument, so that tests need not wait. */
export interface Timing {
  /** Wall time: milliseconds since 1970. It may step back or forward, so it is only shown or compared with a date. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back: for durations, intervals, limits and deadlines. */
  monotonic(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** From 0 up to, not including, 1. */
  random(): number;
}

/** The real clock. Looked up at each call, so that fake timers which are installed later count too. */
export const realTiming: Timing = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
  random: () => Math.random(),
};

/** What comes of `work`; where nothing has after `ms`, rejects, and aborts the signal that `work` was given. */
export function within<T>(timing: Timing, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = timing.setTimeout(() => {
      stop.abort();
      reject(new Error(`Nothing came within ${ms} ms.`));
    }, ms);
    work(stop.signal)
      .finally(() => timing.clearTimeout(timer))
      .then(resolve, reject);
  });
}

/**
 * At most one thing to do later: replaces what was set before, with `orSooner` only where that is due later; without
 * arguments there is nothing to do any more.
 */
export type Alarm = (ms?: number, callback?: () => void, orSooner?: boolean) => void;

/** What platforms take; of a longer time they make none at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `keepsAlive`: whether a program waits for it before it ends by itself; a page never does. */
export function createAlarm(timing: Timing, keepsAlive = true): Alarm {
  let timer: unknown;
  let due = 0;
  return (ms = 0, callback, orSooner) => {
    const at = timing.monotonic() + ms;
    if (orSooner && timer && due <= at) return;
    timing.clearTimeout(timer);
    due = at;
    const ring = () => {
      timer = undefined;
      callback?.();
    };
    timer = callback && timing.setTimeout(ring, Math.min(ms, LONGEST_TIMER_MS));
    if (!keepsAlive) (timer as { unref?(): void } | undefined)?.unref?.();
  };
}

/** Calls at once, and once more at the end of `ms` where it was asked for again meanwhile. */
export function coalesce(timing: Timing, ms: number, call: () => void): () => void {
  const alarm = createAlarm(timing, false);
  let state: 'idle' | 'resting' | 'asked-again' = 'idle';
  const run = (): void => {
    state = 'resting';
    alarm(ms, () => (state === 'asked-again' ? run() : (state = 'idle')));
    call();
  };
  return () => (state === 'idle' ? run() : void (state = 'asked-again'));
}
