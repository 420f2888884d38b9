/** Time, timers and randomness as an argument, so that tests need not wait. */
export interface Timing {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** From 0 up to, not including, 1. */
  random(): number;
}

/** The real clock. Looked up at each call, so that fake timers which are installed later count too. */
export const realTiming: Timing = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as number),
  random: () => Math.random(),
};

/** At most one thing to do later. */
export interface Alarm {
  /** Replaces what was set before. */
  set(ms: number, callback: () => void): void;
  clear(): void;
}

export function createAlarm(timing: Timing): Alarm {
  let timer: unknown;
  const clear = () => timing.clearTimeout(timer);
  return {
    set(ms, callback) {
      clear();
      timer = timing.setTimeout(callback, ms);
    },
    clear,
  };
}

/** `ms`, give or take 20 %, so that clients which began together do not stay together. */
export const jittered = (timing: Timing, ms: number): number => ms * (0.8 + 0.4 * timing.random());
