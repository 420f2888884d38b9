import { createPostgresBackend, type Job, Queue, type Processor, Worker, type WorkerOptions } from 'bullmq';
import type { Upload } from '../database/uploads.js';

const QUEUE_NAME = 'pdf-notes';

/** Where the queue lives: in Redis where there is one, else in the database that is there anyway. */
export interface QueueLocation {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
}

export interface NotesResult {
  readonly noteId: string;
}

export type NotesJob = Job<Upload, NotesResult>;

/** What is used of BullMQ's queue; its type tells the back ends apart, which nobody here needs to. */
export interface OpenQueue extends Pick<Queue<Upload, NotesResult>, 'add' | 'waitUntilReady' | 'getWaitingCount' | 'close'> {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The same of BullMQ's worker. */
export interface OpenWorker extends Pick<Worker<Upload, NotesResult>, 'waitUntilReady' | 'close'> {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'completed', listener: (job: NotesJob) => void): unknown;
  on(event: 'failed', listener: (job: NotesJob | undefined, error: Error) => void): unknown;
  off(event: 'failed', listener: (job: NotesJob | undefined, error: Error) => void): unknown;
}

const inPostgres = (databaseUrl: string) => ({ connectionString: databaseUrl, migrate: true });

export function openQueue({ databaseUrl, redisUrl }: QueueLocation): OpenQueue {
  return redisUrl === undefined
    ? new Queue(QUEUE_NAME, { connection: inPostgres(databaseUrl) }, createPostgresBackend)
    : new Queue(QUEUE_NAME, { connection: { url: redisUrl } });
}

export function openWorker(
  { databaseUrl, redisUrl }: QueueLocation,
  process: Processor<Upload, NotesResult>,
  tuning: Omit<WorkerOptions, 'connection'>,
): OpenWorker {
  return redisUrl === undefined
    ? new Worker(QUEUE_NAME, process, { ...tuning, connection: inPostgres(databaseUrl) }, createPostgresBackend)
    : new Worker(QUEUE_NAME, process, { ...tuning, connection: { url: redisUrl, maxRetriesPerRequest: null } });
}
