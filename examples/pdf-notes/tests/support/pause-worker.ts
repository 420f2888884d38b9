import type { System } from './start-system.js';

export interface PausedWorker extends Disposable {
  /** Only the first call does something. */
  goOn(): void;
}

/** Stops the worker where it is, so that it cannot be too fast for a test; it goes on at the end of the block in any case. */
export function pauseWorker({ worker: { pid } }: System): PausedWorker {
  process.kill(pid, 'SIGSTOP');
  let isPaused = true;
  const goOn = (): void => {
    if (isPaused) process.kill(pid, 'SIGCONT');
    isPaused = false;
  };
  return { goOn, [Symbol.dispose]: goOn };
}
