import { createPostgresBackend, FlowProducer, type Job, Queue, Worker } from 'bullmq';
import type { Upload } from '../database/uploads.js';
import type { QueueName } from './queue-names.js';

/** Where the queues live: in Redis where there is one, else in the database that is there anyway. */
export interface QueueLocation {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
}

export interface NotesResult {
  readonly noteId: string;
}

/** Every queue's jobs say which upload they are about, and nothing that is large or private. */
export type NotesJob = Job<Upload>;

/** BullMQ's classes on either back end, whose types nobody here needs to tell apart. */
export type OpenQueue = Queue<Upload, any, string, Upload, any, string, any, any>;
export type OpenFlows = FlowProducer<any, any>;
export type OpenWorker = Worker<Upload, any, any, any, any, any>;

const inPostgres = (databaseUrl: string) => ({ connectionString: databaseUrl, migrate: true });

export function openQueue(name: QueueName, { databaseUrl, redisUrl }: QueueLocation): OpenQueue {
  return redisUrl === undefined
    ? new Queue(name, { connection: inPostgres(databaseUrl) }, createPostgresBackend)
    : new Queue(name, { connection: { url: redisUrl } });
}

export function openFlows({ databaseUrl, redisUrl }: QueueLocation): OpenFlows {
  return redisUrl === undefined
    ? new FlowProducer({ connection: inPostgres(databaseUrl) }, createPostgresBackend)
    : new FlowProducer({ connection: { url: redisUrl } });
}

/** What workers are opened with: where the queues are, and the class that goes with it. */
export interface WorkerBackend {
  readonly connection: object;
  readonly workerClass: new (name: string, process: (job: NotesJob) => Promise<unknown>, options: { connection: object }) => OpenWorker;
}

export function workerBackend({ databaseUrl, redisUrl }: QueueLocation): WorkerBackend {
  return redisUrl === undefined
    ? { connection: inPostgres(databaseUrl), workerClass: PostgresWorker as never }
    : { connection: { url: redisUrl, maxRetriesPerRequest: null }, workerClass: Worker as never };
}

class PostgresWorker extends Worker {
  constructor(...[name, processor, options]: ConstructorParameters<typeof Worker>) {
    super(name, processor, options as never, createPostgresBackend as never);
  }
}
