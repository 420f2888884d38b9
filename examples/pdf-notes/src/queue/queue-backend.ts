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

/** BullMQ's queue and worker on either back end, whose types nobody here needs to tell apart. */
export type OpenQueue = Queue<Upload, NotesResult, string, Upload, NotesResult, string, any, any>;
export type OpenWorker = Worker<Upload, NotesResult, string, any, any, any>;

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
