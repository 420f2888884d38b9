import { Remembered } from '../remembered.js';
import type { Timing } from '../timing.js';
import type { BridgedQueueEvents } from './bridge-queue-events.js';

/** A waiting job, and the id that it is shown under. */
export interface WaitingJob {
  readonly jobId: string;
  readonly createdAt: number;
}

export interface WaitingJobsOptions {
  readonly events: BridgedQueueEvents;
  /** Reads a job and how it is shown; `undefined` for a job that is gone or is nobody's. */
  readonly read: (id: string) => Promise<WaitingJob | undefined>;
  readonly onRemoved: (job: WaitingJob) => Promise<void>;
  readonly timing: Timing;
  readonly onError: (cause: unknown, id: string) => void;
}

const MAX_JOBS = 10_000;
/** A job that a worker takes within this time is not read. */
const SETTLES_MS = 100;
const MAX_CHECKED = 200;
const WAITS = ['added', 'waiting', 'delayed'] as const;

interface Event {
  readonly jobId: string;
  readonly prev?: string;
}

/** Remembers the jobs that wait in a queue: of one that was removed, the queue tells nothing but the id. */
export class WaitingJobs {
  readonly #options: WaitingJobsOptions;
  readonly #jobs = new Remembered<WaitingJob & { readonly isMissing: boolean }>(MAX_JOBS);
  readonly #order = new Set<string>();
  readonly #settling = new Map<string, unknown>();
  readonly #listeners: Readonly<Record<string, (event: Event) => void>>;

  constructor(options: WaitingJobsOptions) {
    this.#options = options;
    const forget = ({ jobId }: Event): void => this.#forget(jobId);
    this.#listeners = {
      ...Object.fromEntries(WAITS.map((name) => [name, ({ jobId }: Event) => this.#settle(jobId)])),
      active: forget,
      completed: forget,
      failed: forget,
      removed: ({ jobId, prev }) => void this.#removed(jobId, prev),
    };
    for (const [name, listener] of Object.entries(this.#listeners)) options.events.on(name, listener as never);
  }

  /** Looks whether the remembered jobs still exist, for what no event told: a drained queue, PostgreSQL. */
  async check(): Promise<void> {
    for (const id of [...this.#order].slice(0, MAX_CHECKED)) {
      const known = this.#jobs.get(id);
      this.#order.delete(id);
      if (known === undefined) continue;
      const found = await this.#options.read(id);
      const isMissing = found === undefined || found.createdAt > known.createdAt;
      if (isMissing && known.isMissing) await this.#removed(id, undefined);
      else this.#remember(id, { ...known, isMissing });
    }
  }

  close(): void {
    for (const [name, listener] of Object.entries(this.#listeners)) this.#options.events.off(name, listener as never);
    for (const timer of this.#settling.values()) this.#options.timing.clearTimeout(timer);
  }

  #settle(id: string): void {
    if (this.#settling.has(id) || this.#jobs.has(id)) return;
    const read = async (): Promise<void> => {
      try {
        const job = await this.#options.read(id);
        if (job !== undefined && this.#settling.has(id)) this.#remember(id, { ...job, isMissing: false });
      } catch (cause) {
        this.#options.onError(cause, id);
      } finally {
        this.#settling.delete(id);
      }
    };
    this.#settling.set(id, this.#options.timing.setTimeout(() => void read(), SETTLES_MS));
  }

  #remember(id: string, job: WaitingJob & { readonly isMissing: boolean }): void {
    this.#jobs.set(id, job);
    this.#order.add(id);
  }

  #forget(id: string): void {
    this.#options.timing.clearTimeout(this.#settling.get(id));
    this.#settling.delete(id);
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
