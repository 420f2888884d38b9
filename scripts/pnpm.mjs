import { spawnSync } from 'node:child_process';

/** Runs pnpm: the one that runs this process, or one from npx where none does. Like `spawnSync`, with text output. */
export function pnpm(args, options = {}) {
  const { npm_execpath: runner = '' } = process.env;
  const [command, ...before] = /pnpm[^/\\]*$/.test(runner) ? [runner] : ['npx', '--yes', 'pnpm@12'];
  return spawnSync(command, [...before, ...args], { encoding: 'utf8', shell: process.platform === 'win32', ...options });
}
