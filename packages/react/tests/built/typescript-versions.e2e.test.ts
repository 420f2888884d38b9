import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const require = createRequire(import.meta.url);
const here = new URL('.', import.meta.url).pathname;

const CONFIGURATION = {
  compilerOptions: { noEmit: true, strict: true, exactOptionalPropertyTypes: true, target: 'es2022', module: 'nodenext', types: ['node'], skipLibCheck: false },
  include: ['*'],
};

const APPLICATION = `
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { WebSocketService } from '@notes/job-events-client';
import { notifyOnce, shareAcrossTabs } from '@notes/job-events-client/tabs';
import { createFakeJobServer } from '@notes/job-events-client/testing';
import { defineJob } from '@notes/job-events-server';
import { useJob, useJobResult, useJobs, useJobSuspense, useJobWebSocket } from '@notes/job-events-react';
import { fetchJobs } from '@notes/job-events-react/server';
import { jobQueryOptions } from '@notes/job-events-react/tanstack';
import { JobEventsDevtools } from '@notes/job-events-react/devtools';

const pdfNotes = defineJob({ type: 'pdf-notes', stages: ['SAVING'], metadata: z.object({ fileName: z.string() }), result: z.object({ noteId: z.string() }) });
const thumbnails = defineJob({ type: 'thumbnails', stages: ['RENDERING'], result: z.object({ urls: z.array(z.string()) }) });
declare module '@notes/job-events-react' {
  interface Register { jobs: readonly [typeof pdfNotes, typeof thumbnails] }
}

export function Page({ client }: { client: WebSocketService }) {
  useJobWebSocket({
    onJobCompleted: {
      'pdf-notes': ({ noteId }) => noteId.length,
      thumbnails: ({ urls }, job) => urls.map((url) => url + job.type),
    },
  });
  const { job } = useJob('job-1');
  if (job?.type === 'pdf-notes' && job.status === 'completed') job.result.noteId.length;
  for (const done of useJobs({ status: 'completed', type: 'pdf-notes' })) done.result.noteId.length;
  const counted: number = useJobs({}, (jobs) => jobs.length);
  const [first, second] = useJobSuspense(['a', 'b']);
  const { data } = useQuery(jobQueryOptions(client, 'job-1'));
  const progress: number | undefined = data?.progress;
  // @ts-expect-error: there is no such type of job
  useJobWebSocket({ onJobCompleted: { invoices: () => {} } });
  return [counted, first.jobId, second.jobId, progress, useJobResult('job-1').result, fetchJobs, notifyOnce, shareAcrossTabs, createFakeJobServer, JobEventsDevtools];
}
`;

/** The compiler's complaints, without those about what other packages publish. */
async function compile(compiler: string, folder: string): Promise<readonly string[]> {
  const tsc = join(dirname(require.resolve(`${compiler}/package.json`)), 'bin/tsc');
  const said = await promisify(execFile)(process.execPath, [tsc, '-p', '.'], { cwd: folder }).then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  );
  return said.split('\n').filter((line) => line !== '' && !line.startsWith(' ') && !line.includes('node_modules/'));
}

it.each(['typescript-5.4', 'typescript', 'typescript-7'])('%s compiles an application of the published types, as an ES module and as CommonJS', { timeout: 180_000 }, async (compiler) => {
  // Inside of the package, so that the application finds what is built by its published names.
  const folder = await mkdtemp(join(here, 'application-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(CONFIGURATION));
  for (const file of ['esm.mts', 'cjs.cts']) await writeFile(join(folder, file), APPLICATION);
  expect(await compile(compiler, folder)).toEqual([]);
  await writeFile(join(folder, 'wrong.mts'), APPLICATION.replace('noteId.length', 'noteId.misspelt'));
  expect(await compile(compiler, folder)).toEqual([expect.stringContaining('misspelt')]);
});
