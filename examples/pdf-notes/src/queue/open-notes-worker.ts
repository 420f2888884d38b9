import { createPostgresBackend, type Job, withBackend } from 'bullmq';
import type { Logger } from 'pino';
import type { Upload } from '../database/uploads.js';
import { QUEUE_NAME } from './notes-queue.js';

const { Worker } = withBackend(createPostgresBackend);

export type NotesJob = Job<Upload, { noteId: string }>;
export type NotesWorker = ReturnType<typeof openNotesWorker>;

export interface NotesWorkerOptions {
  readonly databaseUrl: string;
  /** How many jobs are worked on at a time. */
  readonly concurrency: number;
  readonly logger: Logger;
}

/** Takes jobs from the queue, from now until it is closed; closing waits for those under way. */
export function openNotesWorker(options: NotesWorkerOptions, process: (job: NotesJob) => Promise<{ noteId: string }>) {
  const { databaseUrl, concurrency, logger } = options;
  const worker = new Worker<Upload, { noteId: string }>(QUEUE_NAME, process as never, {
    connection: { connectionString: databaseUrl, migrate: true },
    concurrency,
    // A worker that died is noticed, and its job given to another, within this time.
    lockDuration: 15_000,
    stalledInterval: 5_000,
    maxStalledCount: 2,
  });
  worker.on('error', (error) => logger.warn({ err: error }, 'The worker has lost its queue and tries again'));
  return worker;
}
