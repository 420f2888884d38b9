import { createPostgresBackend, Queue, QueueEvents, Worker, type Job } from 'bullmq';

import { defineJob } from '../index.js';
import type { JobEventEmitterService } from '../emitter/index.js';
import { bridgeQueueEvents, followWorker, runBullJob } from './index.js';

const pdfNotes = defineJob({ type: 'pdf-notes', stages: ['DOWNLOADING', 'SAVING'] });
const thumbnails = defineJob({ type: 'thumbnails', stages: ['RENDERING'] });
declare const one: JobEventEmitterService<typeof pdfNotes>;
declare const several: JobEventEmitterService<readonly [typeof pdfNotes, typeof thumbnails]>;

interface Data {
  userId: string;
}
const connection = { connectionString: 'postgres://localhost/jobs' };

// Redis and PostgreSQL alike; the run knows the contract's stages, the job its data.
const onRedis = new Worker<Data>('pdf', (job) =>
  runBullJob(one, job, { userId: job.data.userId }, async (run) => {
    run.stage('SAVING');
    // @ts-expect-error -- a stage of another kind of job
    run.stage('RENDERING');
    return { noteId: 'n1' };
  }), { connection: {} });
const onPostgres = new Worker<Data, unknown, string, ReturnType<typeof createPostgresBackend>>('pdf', undefined, { connection } as never, createPostgresBackend as never);

const returned: Promise<{ noteId: string }> = runBullJob(one, {} as Job<Data>, { userId: 'ada' }, async () => ({ noteId: 'n1' }));

// The kind of job is required where there are several.
void runBullJob(several, {} as Job<Data>, { userId: 'ada', type: 'thumbnails' }, async (run) => run.stage('RENDERING'));
// @ts-expect-error
void runBullJob(several, {} as Job<Data>, { userId: 'ada' }, async () => undefined);
// @ts-expect-error -- whose job it is has to be said
void runBullJob(one, {} as Job<Data>, {}, async () => undefined);

followWorker(onRedis, one, { userId: (job) => job.data.userId });
// @ts-expect-error -- what the jobs carry is known from the worker
followWorker(onRedis, one, { userId: (job) => job.data.owner });
followWorker(onPostgres, one, { userId: (job: Job<Data>) => job.data.userId, type: () => 'pdf-notes' });
bridgeQueueEvents(new QueueEvents('pdf'), new Queue<Data>('pdf'), one, { userId: (job) => job.data.userId });

export { returned };
