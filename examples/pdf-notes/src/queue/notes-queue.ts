import type { QueueJob } from '@notes/job-events-server';
import { queueJobOf } from '@notes/job-events-server/bullmq';
import type { JobsOptions } from 'bullmq';
import type { Logger } from 'pino';
import type { Upload } from '../database/uploads.js';
import { closeWithin } from '../process/close-within.js';
import { complainSeldom } from '../process/complain-seldom.js';
import { openFlows, type OpenFlows, openQueue, type OpenQueue, type QueueLocation } from './queue-backend.js';
import { QUEUE_NAMES, type QueueName, QUEUES } from './queue-names.js';

const DAY_S = 24 * 60 * 60;

const CLOSED_WITHIN_MS = 2_000;

/** The queues as the API sees them: a place to put work, and to ask what became of it. */
export class NotesQueue {
  readonly #queues: ReadonlyMap<QueueName, OpenQueue>;
  readonly #flows: OpenFlows;

  constructor(location: QueueLocation, logger: Logger) {
    this.#queues = new Map(QUEUE_NAMES.map((name) => [name, openQueue(name, location)]));
    this.#flows = openFlows(location);
    const complain = complainSeldom(logger, 'The queue cannot be reached; trying again');
    for (const each of this.#queues.values()) each.on('error', complain);
    this.#flows.on('error', complain);
  }

  /** All of them, for whoever shows them. */
  get all(): readonly OpenQueue[] {
    return [...this.#queues.values()];
  }

  /**
   * Adds the job, both steps at once where it takes two; adding it again, as long as the queue remembers it, changes nothing.
   * Resolves to what the queue knows it by: of two steps, the last one.
   */
  async add(upload: Upload): Promise<QueueJob> {
    if (upload.path === 'optimized') return queueJobOf(await this.#queue(QUEUES.optimized).add('make-notes', upload, optionsOf(upload)));
    const { job } = await this.#flows.add({
      name: 'write-notes',
      queueName: QUEUES.notes,
      data: upload,
      opts: optionsOf(upload),
      children: [{ name: 'extract-text', queueName: QUEUES.extract, data: upload, opts: { ...optionsOf(upload), failParentOnFailure: true } }],
    });
    return queueJobOf(job);
  }

  async has(upload: Upload): Promise<boolean> {
    const queue = this.#queue(upload.path === 'optimized' ? QUEUES.optimized : QUEUES.notes);
    return (await queue.getJob(queueId(upload))) !== undefined;
  }

  /** Rejects when the queue cannot be reached. */
  async check(): Promise<void> {
    const queue = this.#queue(QUEUES.optimized);
    await queue.waitUntilReady();
    await queue.getWaitingCount();
  }

  /** Does not wait for a Redis that is away: what it was not given is promised, and offered again. */
  async close(): Promise<void> {
    await Promise.all([this.#flows, ...this.all].map((each) => closeWithin(CLOSED_WITHIN_MS, each)));
  }

  #queue(name: QueueName): OpenQueue {
    return this.#queues.get(name)!;
  }
}

/** The queue's own name for it: a job that its user wants tried again is new to the queue. */
const queueId = ({ jobId, attempt }: Upload): string => `${jobId}-${attempt}`;

/** The job that the queue's name stands for. */
export const jobIdOf = (queueId: string): string => queueId.replace(/-\d+$/, '');

const optionsOf = (upload: Upload): JobsOptions => ({
  jobId: queueId(upload),
  attempts: 3,
  backoff: { type: 'exponential', delay: 1_000, jitter: 0.5 },
  removeOnComplete: { age: DAY_S },
  removeOnFail: { age: DAY_S },
});
