import type { Timing } from '../timing.js';

export interface Repetition {
  /** Does the task now, or as soon as the one under way is done. */
  run(): Promise<void>;
  /** Resolves when the task that is under way is done. */
  stop(): Promise<void>;
}

/** Does a task, which must not reject, now and every `everyMs` from the beginning of the one before, never two at a time. */
export function repeatOneAtATime(task: () => Promise<void>, everyMs: number, timing: Timing): Repetition {
  let isStopped = false;
  let timer: unknown;
  let underWay: Promise<void> = Promise.resolve();
  const run = (): Promise<void> => (underWay = underWay.then(() => (isStopped ? undefined : task())));
  const repeat = async (): Promise<void> => {
    const startedAt = timing.monotonic();
    await run();
    // A task that takes longer than the interval leaves the process time for others.
    const pause = Math.max(everyMs / 4, everyMs - (timing.monotonic() - startedAt));
    if (!isStopped) timer = timing.setTimeout(() => void repeat(), pause);
  };
  void repeat();
  return {
    run,
    stop() {
      isStopped = true;
      timing.clearTimeout(timer);
      return underWay;
    },
  };
}
