// test-twice.mjs CONFIG: the tests of a configuration. The files that failed run once more, one at a time and with nothing beside them, for the
// machine that decides is shared; who needed it is named. What is broken fails there too. Too many at once are not tried again.
import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { startVitest } from 'vitest/node';

const MOST_TRIED_AGAIN = 6;

const [config] = process.argv.slice(2);
const vitest = await startVitest('test', [], { config, run: true });
const failed = vitest.state.getTestModules().filter((file) => !file.ok()).map(({ moduleId }) => relative(process.cwd(), moduleId));
const isOneOfAFile = vitest.state.getUnhandledErrors().length === 0;
await vitest.close();

if (process.exitCode === undefined || process.exitCode === 0) process.exit(0);
if (failed.length === 0 || failed.length > MOST_TRIED_AGAIN || !isOneOfAFile) process.exit(1);
const files = [...new Set(failed)];
console.error(`\n== Once more, one at a time: ${files.join(', ')}`);
for (const file of files) if (spawnSync('node_modules/.bin/vitest', ['run', '--config', config, '--maxWorkers=1', file], { stdio: 'inherit' }).status !== 0) process.exit(1);
console.error(`\n== Passed at the second run only: ${files.join(', ')}`);
process.exit(0);
