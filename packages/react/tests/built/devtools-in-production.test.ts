import { build } from 'esbuild';
import { expect, it } from 'vitest';

const here = new URL('./', import.meta.url).pathname;

const APPLICATION = `
  import { JobEventsProvider } from '@notes/job-events-react';
  import { JobEventsDevtools } from '@notes/job-events-react/devtools';
  globalThis.application = <JobEventsProvider userId="user-1"><JobEventsDevtools /></JobEventsProvider>;
`;

/** What an application with the devtools in it becomes, and how many bytes of it are theirs. */
async function bundle(mode: 'development' | 'production') {
  const { outputFiles, metafile } = await build({
    stdin: { contents: APPLICATION, resolveDir: here, loader: 'tsx' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    outdir: 'out',
    format: 'esm',
    platform: 'browser',
    logLevel: 'error',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
  });
  const devtoolsBytes = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([path]) => path.includes('devtools'))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
  return { code: outputFiles[0]!.text, devtoolsBytes };
}

it('the devtools are absent from a production bundle of an application that has them in its page', async () => {
  const development = await bundle('development');
  expect(development.code).toContain('job-events-devtools');
  expect(development.code).toContain('Not taken over');
  expect(development.devtoolsBytes).toBeGreaterThan(5_000);

  const production = await bundle('production');
  expect(production.code).not.toContain('job-events-devtools');
  expect(production.code).not.toContain('Not taken over');
  expect(production.code).not.toContain('dropNext');
  expect(production.devtoolsBytes).toBeLessThan(100);
});
