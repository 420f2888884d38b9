import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * A child that ends with this process: whoever forgets to stop it, or fails before, leaves none behind. Returns how to end it
 * sooner, by `kill -9`; that resolves when it is gone.
 */
export function killWithUs(child: ChildProcess): () => Promise<void> {
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  return async () => {
    process.off('exit', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    kill();
    await once(child, 'exit');
  };
}
