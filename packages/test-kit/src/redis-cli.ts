import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from './find-program.js';

const run = promisify(execFile);

export const findRedisCli = (): string | undefined => findProgram('redis-cli');

/** One command, as a process of its own. Resolves with what it prints. */
export async function redisCli(port: number, ...args: readonly string[]): Promise<string> {
  return (await run(findRedisCli() ?? 'redis-cli', ['-h', '127.0.0.1', '-p', `${port}`, ...args], { timeout: 20_000 })).stdout.trim();
}

/** Tries until it holds; commands that fail meanwhile are tried again. */
export async function untilTrue(what: string, check: () => Promise<boolean>, withinMs: number): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await check().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${withinMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
