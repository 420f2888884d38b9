import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { killWithUs } from './kill-with-us.js';

/** A process that ends with the test. */
export interface LaunchedProgram {
  /** `kill -9`. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Stops it without ending it, as a machine that hangs: its connections stay open and are silent. */
  freeze(): void;
  /** Lets it go on. */
  thaw(): void;
}

/** Starts a program, and resolves when it has written a line with `ready`. */
export async function launchProgram(path: string, args: readonly string[], ready: string): Promise<LaunchedProgram> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = killWithUs(child);
  await untilLine(child, ready);
  return {
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

function untilLine(child: ChildProcess, ready: string): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface(child.stdout!).on('line', (line) => {
      lines.push(line);
      if (line.includes(ready)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}.\n${lines.join('\n')}`)));
  });
}
