/** Time and timers as an argument, so that tests need not wait. */
export interface Timing {
  /** Wall time: milliseconds since 1970. It may step back or forward, so it is only shown, sent or compared with a date. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back: for durations, intervals, leases, limits and deadlines. */
  monotonic(): number;
  /** `keepsAlive`: whether the process waits for it before it ends by itself. Default: no. */
  setTimeout(callback: () => void, ms: number, keepsAlive?: boolean): unknown;
  clearTimeout(timer: unknown): void;
}

/** The real clock. */
export const realTiming: Timing = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms, keepsAlive = false) => {
    const timer = setTimeout(callback, ms);
    return keepsAlive ? timer : timer.unref();
  },
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

/**
 * Settles as `work` does, or as `otherwise` says after `ms`: the one way to bound a wait. The work itself goes on. The
 * process waits for it before it ends by itself, unless `keepsAlive` is `false`.
 */
export function within<T>(work: Promise<T>, ms: number, timing: Timing, otherwise: () => T | Promise<T>, keepsAlive = true): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = timing.setTimeout(() => {
      try {
        resolve(otherwise());
      } catch (error) {
        reject(error as Error);
      }
    }, ms, keepsAlive);
    const settle = (settled: () => void): void => {
      timing.clearTimeout(timer);
      settled();
    };
    work.then((result) => settle(() => resolve(result)), (error: unknown) => settle(() => reject(error as Error)));
  });
}

/** Settles as `work` does, or rejects after `ms`, naming `who` was asked. The work itself goes on. */
export const answerWithin = <T>(work: Promise<T>, ms: number, timing: Timing, who: string): Promise<T> =>
  within(work, ms, timing, () => {
    throw new Error(`${who} gave no answer within ${ms} ms.`);
  });
