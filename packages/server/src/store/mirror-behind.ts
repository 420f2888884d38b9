import type { Timing } from '../timing.js';
import type { JobRecord } from './job-record.js';

const AGAIN_MS = 1_000;
const MOST_JOBS = 1_000;

/**
 * What the durable store decided while the cache was away, of each job the latest. It gets there when the cache is back:
 * other processes would believe for a while what the cache had before.
 */
export class MirrorBehind {
  readonly #timing: Timing;
  readonly #mirror: (records: readonly JobRecord[]) => Promise<boolean>;
  readonly #waiting = new Map<string, JobRecord>();
  #timer: unknown;
  #isClosed = false;

  /** `mirror` says whether the cache has taken them, and must not reject. */
  constructor(timing: Timing, mirror: (records: readonly JobRecord[]) => Promise<boolean>) {
    this.#timing = timing;
    this.#mirror = mirror;
  }

  async mirror(records: readonly JobRecord[]): Promise<void> {
    if (await this.#mirror(records)) return;
    for (const record of records) this.#wait(record);
  }

  close(): void {
    this.#isClosed = true;
    this.#timing.clearTimeout(this.#timer);
  }

  #wait(record: JobRecord): void {
    if (this.#isClosed) return;
    const { jobId } = record.snapshot;
    this.#waiting.delete(jobId);
    this.#waiting.set(jobId, record);
    // Those are found by the check that follows 10 s after.
    if (this.#waiting.size > MOST_JOBS) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#timer ??= this.#timing.setTimeout(() => void this.#again(), AGAIN_MS);
  }

  async #again(): Promise<void> {
    const records = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#timer = undefined;
    if (await this.#mirror(records)) return;
    for (const record of records) if (!this.#waiting.has(record.snapshot.jobId)) this.#wait(record);
  }
}
