import type { Logger } from 'pino';
import type { Upload } from '../database/uploads.js';
import { type OpenQueue, openQueue, type QueueLocation } from './queue-backend.js';

const DAY_S = 24 * 60 * 60;

/** The queue as the API sees it: a place to put work. */
export class NotesQueue {
  readonly #queue: OpenQueue;

  constructor(location: QueueLocation, logger: Logger) {
    this.#queue = openQueue(location);
    this.#queue.on('error', (error) => logger.warn({ err: error }, 'The queue cannot be reached; trying again'));
  }

  /** Adds the job; adding it again, as long as the queue remembers it, changes nothing. */
  async add(upload: Upload): Promise<void> {
    await this.#queue.add('make-notes', upload, {
      jobId: upload.jobId,
      attempts: 3,
      backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
      removeOnComplete: { age: DAY_S },
      removeOnFail: { age: DAY_S },
    });
  }

  /** Rejects when the queue cannot be reached. */
  async check(): Promise<void> {
    await this.#queue.waitUntilReady();
    await this.#queue.getWaitingCount();
  }

  close(): Promise<void> {
    return this.#queue.close();
  }
}
