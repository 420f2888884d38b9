import * as z from 'zod';
import { defineJob, type JobSnapshot } from '@notes/job-events-protocol';
import type { Broadcaster } from '../broadcaster.js';
import type { JobStore } from '../store/job-store.js';
import { JobEventEmitterService, type JobRun } from './index.js';

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const ok = <T extends true>(_?: T): void => {};

const pdf = defineJob({
  type: 'pdf-notes',
  stages: { DOWNLOADING: 20, SAVING: 10 },
  metadata: z.object({ fileName: z.string(), pages: z.number().optional() }),
  result: z.object({ noteId: z.string() }),
});
const thumbnails = defineJob({ type: 'thumbnails', stages: ['RENDERING', 'UPLOADING'], result: z.object({ urls: z.array(z.string()) }) });
const legacy = defineJob({ type: 'legacy', stages: ['DOWNLOADING'], result: z.string() });
const jobs = [pdf, thumbnails] as const;

declare const broadcaster: Broadcaster;
declare const store: JobStore;
const job = { jobId: 'j', userId: 'u' };

// One contract: `type` need not be said, and everything follows from it.
const one = new JobEventEmitterService({ broadcaster, store, jobs: pdf });
const standing = await one.emitProgress({ ...job, stage: 'DOWNLOADING', progress: 20, message: 'm', metadata: { fileName: 'a' } });
ok<Eq<typeof standing, JobSnapshot<typeof pdf>>>();
await one.emitProgress({ ...job, type: 'pdf-notes', stage: 'SAVING', progress: 90, metadata: null, attempt: 2, timestamp: '' });
await one.emitQueued({ ...job, metadata: { fileName: 'a' } });
await one.emitFailed({ ...job, error: { code: 'E', message: 'm', retryable: true }, willRetry: true });
await one.emitCancelled(job);
// @ts-expect-error not a stage of this job
await one.emitProgress({ ...job, stage: 'RENDERING', progress: 20 });
// @ts-expect-error not its type
await one.emitProgress({ ...job, type: 'thumbnails', stage: 'SAVING', progress: 20 });
// @ts-expect-error not its metadata
await one.emitProgress({ ...job, stage: 'SAVING', progress: 20, metadata: { fileName: 1 } });
// @ts-expect-error not its result
await one.emitCompleted({ ...job, result: {} });
// @ts-expect-error a job without an owner
await one.emitCancelled({ jobId: 'j' });

const runOne = () =>
  one.run(job, async (run) => {
    run.stage('SAVING', 0.5);
    run.report(0.7);
    run.metadata({ fileName: 'a' });
    ok<Eq<typeof run.signal, AbortSignal>>();
    // @ts-expect-error not its metadata
    run.metadata({ fileName: 1 });
    // @ts-expect-error not a stage of this job
    run.stage('RENDERING');
    return { noteId: '' };
  });
ok<Eq<Awaited<ReturnType<typeof runOne>>, { noteId: string }>>();
// @ts-expect-error not its result
await one.run(job, async () => ({ urls: [] }));

// Several contracts: `type` is required and selects.
const many = new JobEventEmitterService({ broadcaster, store, jobs });
await many.emitProgress({ ...job, type: 'thumbnails', stage: 'RENDERING', progress: 20 });
await many.emitCompleted({ ...job, type: 'pdf-notes', result: { noteId: '' } });
// @ts-expect-error which type?
await many.emitProgress({ ...job, stage: 'RENDERING', progress: 20 });
// @ts-expect-error another type's stage
await many.emitProgress({ ...job, type: 'thumbnails', stage: 'SAVING', progress: 20 });
// @ts-expect-error another type's result
await many.emitCompleted({ ...job, type: 'pdf-notes', result: { urls: [] } });
const runMany = () =>
  many.run({ ...job, type: 'thumbnails' }, async (run) => {
    run.stage('RENDERING');
    // @ts-expect-error another type's stage
    run.stage('SAVING');
    return { urls: [''] };
  });
ok<Eq<Awaited<ReturnType<typeof runMany>>, { urls: string[] }>>();
// @ts-expect-error another type's result
await many.run({ ...job, type: 'thumbnails' }, async () => ({ noteId: '' }));
// @ts-expect-error which type?
await many.run(job, async () => ({ urls: [''] }));

// No contract: any stage, any metadata, any result.
const untyped = new JobEventEmitterService({ broadcaster, store });
await untyped.emitProgress({ ...job, stage: 'X', progress: 1, metadata: { a: 1 } });
await untyped.emitCompleted({ ...job, result: 'anything' });
const runUntyped = () => untyped.run(job, async (run) => (run.stage('ANY'), 7));
ok<Eq<Awaited<ReturnType<typeof runUntyped>>, number>>();

// A result that is no object, and a function that is written apart from the run.
const texts = new JobEventEmitterService<typeof legacy>({ broadcaster, store, jobs: legacy });
await texts.emitCompleted({ ...job, result: 'note-1' });
const downloading = async (run: JobRun<typeof legacy>): Promise<string> => (run.stage('DOWNLOADING'), 'note-1');
await texts.run(job, downloading);
await one.run({ ...job, onThrow: () => ({ end: 'none' }) }, async () => ({ noteId: '' }));
