/** Time and timers as an argument, so that tests need not wait. */
export interface Timing {
  /** Milliseconds since 1970. */
  now(): number;
  /** `keepsAlive`: whether the process waits for it before it ends by itself. Default: no. */
  setTimeout(callback: () => void, ms: number, keepsAlive?: boolean): unknown;
  clearTimeout(timer: unknown): void;
}

/** The real clock. */
export const realTiming: Timing = {
  now: () => Date.now(),
  setTimeout: (callback, ms, keepsAlive = false) => {
    const timer = setTimeout(callback, ms);
    return keepsAlive ? timer : timer.unref();
  },
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
