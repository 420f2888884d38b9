// @vitest-environment node
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const MOST_BYTES = 2_048;
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

it(`adds at most ${MOST_BYTES} bytes to the client, gzipped, with every hook and component`, async () => {
  const client = await gzippedSize(`export { fetchJobs, isFinal, JobEventsError, JobStage, WebSocketService } from '@notes/job-events-client';`);
  const withReact = await gzippedSize(`export * from './src/index.js';`);
  expect(withReact - client).toBeLessThanOrEqual(MOST_BYTES);
});
