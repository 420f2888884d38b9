// @vitest-environment node
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** For the provider and `useJobWebSocket`, as most applications have them. */
const MOST_BYTES = 2_048;
/** For everything that the main entry has. */
const MOST_BYTES_OF_ALL = 4_608;
const packageFolder = new URL('../', import.meta.url).pathname;

/** What a production bundle of these lines weighs, gzipped, without React. */
async function gzippedSize(lines: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: lines, resolveDir: packageFolder, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    jsx: 'automatic',
    conditions: ['@notes/source'],
    external: ['react', 'react/jsx-runtime'],
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

it.each([
  ['the provider and useJobWebSocket', MOST_BYTES, `export { JobEventsProvider, useJobWebSocket } from './src/index.js';`],
  ['every hook and component', MOST_BYTES_OF_ALL, `export * from './src/index.js';`],
])('adds with %s at most %i bytes to the client, gzipped', async (_what, most, lines) => {
  const client = await gzippedSize(`export { WebSocketService } from '@notes/job-events-client';`);
  expect((await gzippedSize(lines)) - client).toBeLessThanOrEqual(most);
});
