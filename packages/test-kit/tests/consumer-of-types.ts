/** A user's file: every inference that `docs` promise, from a contract to the callback, checked on the packed declarations. */
export const CONSUMER_OF_TYPES = `
import * as z from 'zod';
import { createJobEvents, defineJob, JobEventEmitterService } from '@notes/job-events-server';
import { WebSocketService } from '@notes/job-events-client';
import { useJobWebSocket } from '@notes/job-events-react';
import type { Server } from 'socket.io';

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const ok = <T extends true>(_?: T): void => {};

export const pdf = defineJob({
  type: 'pdf-notes', stages: { DOWNLOADING: 20, SAVING: 10 },
  metadata: z.object({ fileName: z.string(), pages: z.number().optional() }), result: z.object({ noteId: z.string() }),
});
export const thumbnails = defineJob({ type: 'thumbnails', stages: ['RENDERING', 'UPLOADING'], result: z.object({ urls: z.array(z.string()) }) });
export const legacy = defineJob({ type: 'legacy', stages: ['DOWNLOADING'], result: z.string() });
export const jobs = [pdf, thumbnails] as const;

declare const io: Server;
declare const store: ReturnType<typeof createJobEvents>['store'];
const authenticate = () => null;

export async function server() {
  const one = createJobEvents(io, { authenticate, jobs: pdf }).emitter;
  await one.emitProgress({ jobId: 'j', userId: 'u', stage: 'DOWNLOADING', progress: 20, message: 'm', metadata: { fileName: 'a' } });
  // @ts-expect-error not a stage of this job
  await one.emitProgress({ jobId: 'j', userId: 'u', stage: 'RENDERING', progress: 20 });
  // @ts-expect-error the file name is text
  await one.emitProgress({ jobId: 'j', userId: 'u', stage: 'SAVING', progress: 20, metadata: { fileName: 1 } });
  // @ts-expect-error the result has a noteId
  await one.emitCompleted({ jobId: 'j', userId: 'u', result: {} });
  const result = await one.run({ jobId: 'j', userId: 'u' }, async (job) => { job.stage('SAVING'); return { noteId: '' }; });
  ok<Eq<typeof result, { noteId: string }>>();

  const many = createJobEvents(io, { authenticate, jobs: [pdf, thumbnails] }).emitter;
  await many.emitProgress({ type: 'thumbnails', jobId: 'j', userId: 'u', stage: 'RENDERING', progress: 20 });
  // @ts-expect-error several types are defined, so it has to be said which
  await many.emitProgress({ jobId: 'j', userId: 'u', stage: 'RENDERING', progress: 20 });
  // @ts-expect-error a stage of the other job
  await many.emitProgress({ type: 'thumbnails', jobId: 'j', userId: 'u', stage: 'SAVING', progress: 20 });
  // @ts-expect-error a result of the other job
  await many.run({ type: 'thumbnails', jobId: 'j', userId: 'u' }, async () => ({ noteId: '' }));
  await new JobEventEmitterService({ broadcaster: io.of('/jobs'), store, jobs }).emitCompleted({ type: 'pdf-notes', jobId: '', userId: '', result: { noteId: '' } });
  await createJobEvents(io, { authenticate }).emitter.emitProgress({ jobId: '', userId: '', stage: 'X', progress: 1, metadata: { a: 1 } });
  // @ts-expect-error authentication is not optional
  createJobEvents(io, {});
}

export function Component() {
  useJobWebSocket<typeof legacy>({ userId: 'u', onJobCompleted: (noteId) => { ok<Eq<typeof noteId, string>>(); } });
  const { jobProgress } = useJobWebSocket<typeof pdf>({
    onJobCompleted: (result, job) => { ok<Eq<typeof result, { noteId: string }>>(); ok<Eq<typeof job.result, { noteId: string }>>(); },
  });
  jobProgress?.metadata?.fileName.length;
  const { jobs: list } = useJobWebSocket<typeof jobs>({
    onJobCompleted: { 'pdf-notes': ({ noteId }) => { noteId.length; }, thumbnails: ({ urls }) => { urls.length; } },
  });
  useJobWebSocket<typeof jobs>({ onJobCompleted: (_result, job) => { if (job.type === 'pdf-notes') job.result.noteId; else job.result.urls; } });
  for (const job of list) if (job.type === 'thumbnails' && job.status === 'completed') ok<Eq<typeof job.result, { urls: string[] }>>();
  useJobWebSocket({ onJobCompleted: (result) => { result.noteId; } });
  return null;
}

export const waited = () => WebSocketService.getInstance<typeof jobs>().waitFor('j', { type: 'pdf-notes' });
ok<Eq<Awaited<ReturnType<typeof waited>>, { noteId: string }>>();
`;

/** An application that says once which jobs it has, through the package named. */
export const REGISTERED_THROUGH = (packageName: string): string => `
import * as z from 'zod';
import { defineJob } from '@notes/job-events-server';
import type { JobSnapshot } from '${packageName}';

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const ok = <T extends true>(_?: T): void => {};

const pdf = defineJob({ type: 'pdf-notes', stages: ['SAVING'], result: z.object({ noteId: z.string() }) });
declare module '${packageName}' {
  interface Register { jobs: typeof pdf }
}

export const noteIdOf = (job: JobSnapshot): string | undefined => {
  ok<Eq<typeof job.type, 'pdf-notes'>>();
  return job.status === 'completed' ? job.result.noteId : undefined;
};
`;
