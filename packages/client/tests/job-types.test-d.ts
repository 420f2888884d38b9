import type { JobDefinition } from '@notes/job-events-protocol';
import { defineJob } from '@notes/job-events-protocol';
import * as z from 'zod';
import { WebSocketService, type JobHandlers, type JobSnapshot } from '../src/index.js';

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const ok = <T extends true>(_?: T): void => {};

const pdfNotes = defineJob({
  type: 'pdf-notes',
  stages: { DOWNLOADING: 20, SAVING: 10 },
  metadata: z.object({ fileName: z.string() }),
  result: z.object({ noteId: z.string() }),
});
const thumbnails = defineJob({ type: 'thumbnails', stages: ['RENDERING'], result: z.object({ urls: z.array(z.string()) }) });
const legacy = defineJob({ type: 'legacy', stages: ['DOWNLOADING'], result: z.string() });
const jobs = [pdfNotes, thumbnails] as const;
const navigate = (_path: string): void => {};

export function oneKindOfJob(client: WebSocketService<typeof pdfNotes>): void {
  client.on({
    onJobProgress(job) {
      ok<Eq<typeof job.stage, 'DOWNLOADING' | 'SAVING' | 'QUEUED' | 'INITIALIZING' | 'COMPLETED' | 'FAILED' | 'CANCELLED'>>();
      job.metadata?.fileName.length;
    },
    onJobCompleted(result, job, context) {
      ok<Eq<typeof result, { noteId: string }>>();
      ok<Eq<typeof job.result, { noteId: string }>>();
      ok<Eq<typeof context.tracked, boolean>>();
    },
    onJobError(error, job) {
      ok<Eq<typeof error.retryable, boolean>>();
      ok<Eq<typeof job.error.code, string>>();
      // @ts-expect-error a failed job has no result
      job.result.noteId;
    },
    onStateChange(state, previous, reason) {
      ok<Eq<typeof state, 'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING'>>();
      ok<Eq<typeof previous, typeof state>>();
      // @ts-expect-error there is no such reason
      if (reason === 'SOMETHING_ELSE') return;
    },
  });
  ok<Eq<Awaited<ReturnType<typeof client.waitFor>>, { noteId: string }>>();
}

export function severalKinds(client: WebSocketService<typeof jobs>): void {
  client.on({ onJobCompleted: { 'pdf-notes': ({ noteId }) => navigate(noteId), thumbnails: ({ urls }) => urls.map(navigate) } });
  client.on({
    onJobCompleted: (_result, job) => (job.type === 'pdf-notes' ? navigate(job.result.noteId) : job.result.urls.map(navigate)),
  });
  // @ts-expect-error there is no such type
  client.on({ onJobCompleted: { podcasts: () => {} } });
  for (const job of client.getJobs())
    if (job.type === 'thumbnails' && job.status === 'completed') ok<Eq<typeof job.result, { urls: string[] }>>();
  const waited = () => client.waitFor('job-1', { type: 'pdf-notes' });
  ok<Eq<Awaited<ReturnType<typeof waited>>, { noteId: string }>>();
  // @ts-expect-error there is no such type
  void client.waitFor('job-1', { type: 'podcasts' });
}

export async function statesNarrow(client: WebSocketService<typeof pdfNotes>): Promise<void> {
  for await (const job of client.statesOf('job-1')) {
    ok<Eq<typeof job, JobSnapshot<typeof pdfNotes>>>();
    if (job.status === 'completed') navigate(job.result.noteId);
  }
  ok<Eq<ReturnType<typeof client.store.getSnapshot>, readonly JobSnapshot<typeof pdfNotes>[]>>();
}

export function aPlainString(client: WebSocketService<typeof legacy>): void {
  client.on({ onJobCompleted: (noteId) => navigate(noteId) });
}

export function withoutContracts(): void {
  const client = WebSocketService.getInstance();
  client.on({ onJobCompleted: (result) => navigate(result.noteId), onJobProgress: (job) => navigate(job.stage) });
  // @ts-expect-error nothing to follow
  client.subscribe({});
  // Handlers that a component does not have may be undefined.
  const handlers: JobHandlers<JobDefinition> = { onJobError: undefined };
  void handlers;
}

export function sharedInstanceByContract(): void {
  const client = WebSocketService.getInstance<typeof jobs>();
  const waited = () => client.waitFor('job-1', { type: 'thumbnails' });
  ok<Eq<Awaited<ReturnType<typeof waited>>, { urls: string[] }>>();
}
