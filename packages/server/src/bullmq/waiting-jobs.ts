import { Remembered } from '../remembered.js';
import type { QueueJob } from '../store/job-record.js';
import { answerWithin, type Timing } from '../timing.js';
import type { BridgedQueueEvents } from './bridge-queue-events.js';

/** A waiting job, and the id that it is shown under. */
export interface WaitingJob {
  readonly jobId: string;
  readonly queueJob: QueueJob;
  /** It is the child of a flow, which goes on without it when it is removed. */
  readonly isChild: boolean;
}

export interface WaitingJobsOptions {
  readonly events: BridgedQueueEvents;
  /** Reads a job and how it is shown; `undefined` for a job that is gone or is nobody's. */
  readonly read: (id: string) => Promise<WaitingJob | undefined>;
  readonly onRemoved: (job: WaitingJob) => Promise<void>;
  readonly timing: Timing;
  readonly onError: (cause: unknown, id: string) => void;
}

/** How many jobs are remembered, and how many wait to be read. Of a job beyond that, a removal is not seen here. */
const MAX_JOBS = 10_000;
/** A job that a worker takes within this time is not read. */
const SETTLES_MS = 100;
/** So many are read every 100 ms at most. */
const READ_AT_ONCE = 25;
const MAX_CHECKED = 200;
const ANSWER_MS = 5_000;
const WAITS = ['waiting', 'delayed'] as const;

interface Event {
  readonly jobId: string;
  readonly prev?: string;
}

/**
 * Remembers the jobs that wait in a queue: of one that was removed, the queue tells nothing but the id.
 *
 * A job is read once it has waited for 100 ms, at most 250 a second. At most 10,000 wait to be read, and the 10,000 read last
 * are remembered. The removal of a job beyond these bounds is seen only where its record names it, by the comparison of records.
 */
export class WaitingJobs {
  readonly #options: WaitingJobsOptions;
  readonly #jobs = new Remembered<WaitingJob & { readonly isMissing: boolean }>(MAX_JOBS);
  readonly #order = new Set<string>();
  /** To be read, longest waiting first, and since when, on the monotonic clock. An id that is added again is another one. */
  readonly #unread = new Map<string, { readonly since: number }>();
  readonly #listeners: Readonly<Record<string, (event: Event) => void>>;
  #timer: unknown;
  #isReading = false;
  #isClosed = false;

  constructor(options: WaitingJobsOptions) {
    this.#options = options;
    const forget = ({ jobId }: Event): void => this.#forget(jobId);
    this.#listeners = {
      // The id of a job that was removed, of which perhaps no event told, has been given to another one.
      added: ({ jobId }) => (this.#forget(jobId), this.#waits(jobId)),
      ...Object.fromEntries(WAITS.map((name) => [name, ({ jobId }: Event) => this.#waits(jobId)])),
      active: forget,
      completed: forget,
      failed: forget,
      removed: ({ jobId, prev }) => void this.#removed(jobId, prev),
    };
    for (const [name, listener] of Object.entries(this.#listeners)) options.events.on(name, listener as never);
  }

  /** Looks whether 200 of the remembered jobs still exist, for what no event told: a drained queue, PostgreSQL. */
  async check(): Promise<void> {
    const ids = [...this.#order].slice(0, MAX_CHECKED);
    for (let start = 0; start < ids.length && !this.#isClosed; start += READ_AT_ONCE) {
      const checked = Promise.all(ids.slice(start, start + READ_AT_ONCE).map((id) => this.#check(id)));
      await answerWithin(checked, ANSWER_MS, this.#options.timing, 'The queue');
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const [name, listener] of Object.entries(this.#listeners)) this.#options.events.off(name, listener as never);
    this.#options.timing.clearTimeout(this.#timer);
  }

  async #check(id: string): Promise<void> {
    const known = this.#jobs.get(id);
    this.#order.delete(id);
    if (known === undefined) return;
    const found = await this.#options.read(id);
    const isMissing = found === undefined || found.queueJob.createdAt > known.queueJob.createdAt;
    // It may have been taken or removed meanwhile, or its id given to another one.
    if (this.#jobs.get(id) !== known) return;
    if (isMissing && known.isMissing) await this.#removed(id, undefined);
    else this.#remember(id, { ...known, isMissing });
  }

  #waits(id: string): void {
    if (this.#unread.has(id) || this.#jobs.has(id) || this.#unread.size >= MAX_JOBS) return;
    this.#unread.set(id, { since: this.#options.timing.monotonic() });
    this.#readLater();
  }

  #readLater(): void {
    if (this.#timer !== undefined || this.#isReading || this.#isClosed || this.#unread.size === 0) return;
    this.#timer = this.#options.timing.setTimeout(() => void this.#readNext(), SETTLES_MS);
  }

  async #readNext(): Promise<void> {
    this.#timer = undefined;
    this.#isReading = true;
    const settledBefore = this.#options.timing.monotonic() - SETTLES_MS;
    const settled = [...this.#unread].slice(0, READ_AT_ONCE).filter(([, { since }]) => since <= settledBefore);
    await Promise.all(settled.map(([id]) => this.#read(id)));
    this.#isReading = false;
    this.#readLater();
  }

  async #read(id: string): Promise<void> {
    const wanted = this.#unread.get(id);
    const isStillWanted = (): boolean => this.#unread.get(id) === wanted;
    try {
      const job = await this.#options.read(id);
      if (job !== undefined && isStillWanted()) this.#remember(id, { ...job, isMissing: false });
    } catch (cause) {
      this.#options.onError(cause, id);
    } finally {
      if (isStillWanted()) this.#unread.delete(id);
    }
  }

  #remember(id: string, job: WaitingJob & { readonly isMissing: boolean }): void {
    this.#jobs.set(id, job);
    this.#order.add(id);
  }

  #forget(id: string): void {
    this.#unread.delete(id);
    this.#jobs.delete(id);
    this.#order.delete(id);
  }

  async #removed(id: string, previousState: string | undefined): Promise<void> {
    const known = this.#jobs.get(id);
    this.#forget(id);
    if (known === undefined || previousState === 'completed' || previousState === 'failed') return;
    await this.#options.onRemoved(known).catch((cause: unknown) => this.#options.onError(cause, id));
  }
}
