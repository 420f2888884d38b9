import type { Logger } from 'pino';
import { type NotesJob, type NotesResult, openWorker, type OpenWorker, type QueueLocation } from './queue-backend.js';

export interface NotesWorkerOptions extends QueueLocation {
  /** How many jobs are worked on at a time. */
  readonly concurrency: number;
  readonly logger: Logger;
}

/** Takes jobs from the queue, from now until it is closed; closing waits for those under way. */
export function openNotesWorker(
  { concurrency, logger, ...location }: NotesWorkerOptions,
  process: (job: NotesJob) => Promise<NotesResult>,
): OpenWorker {
  const worker = openWorker(location, process, {
    concurrency,
    // A worker that died is noticed within this time, and its job given to another.
    lockDuration: 15_000,
    stalledInterval: 5_000,
    maxStalledCount: 2,
  });
  worker.on('error', (error) => logger.warn({ err: error }, 'The queue cannot be reached; trying again'));
  return worker;
}
