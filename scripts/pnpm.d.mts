import type { SpawnSyncOptions, SpawnSyncReturns } from 'node:child_process';

/** Runs pnpm: the one that runs this process, or one from npx where none does. Like `spawnSync`, with text output. */
export function pnpm(args: readonly string[], options?: SpawnSyncOptions): SpawnSyncReturns<string>;
