import { isNewer } from '@notes/job-events-protocol';
import type { Timing } from '../timing.js';
import type { JobRecord } from './job-record.js';

const AGAIN_MS = 1_000;
const MOST_JOBS = 1_000;
/** So often a record is refused by a cache that takes others, before it is given up. */
const MOST_REFUSALS = 10;

interface Waiting {
  readonly record: JobRecord;
  readonly refusals: number;
  /** How many records the cache had taken when this one was tried last. */
  readonly takenBefore: number;
}

/**
 * What the durable store decided while the cache was away, of each job the latest. It gets there when the cache is back:
 * other processes would believe for a while what the cache had before. One record that is refused holds up no other; it is
 * given up after 10 times, and the check that follows 10 s after a confirmation shows what is stored.
 */
export class MirrorBehind {
  readonly #timing: Timing;
  readonly #mirror: (records: readonly JobRecord[]) => Promise<ReadonlySet<string>>;
  readonly #waiting = new Map<string, Waiting>();
  #taken = 0;
  #timer: unknown;
  #isClosed = false;

  /** `mirror` resolves to the ids of the records that the cache has not taken, and must not reject. */
  constructor(timing: Timing, mirror: (records: readonly JobRecord[]) => Promise<ReadonlySet<string>>) {
    this.#timing = timing;
    this.#mirror = mirror;
  }

  async mirror(records: readonly JobRecord[]): Promise<void> {
    await this.#try(records.map((record) => ({ record, refusals: 0, takenBefore: this.#taken })));
  }

  close(): void {
    this.#isClosed = true;
    this.#timing.clearTimeout(this.#timer);
  }

  async #try(all: readonly Waiting[]): Promise<void> {
    const refused = await this.#mirror(all.map(({ record }) => record));
    const open = all.filter(({ record }) => refused.has(record.snapshot.jobId));
    this.#taken += all.length - open.length;
    for (const { record, refusals, takenBefore } of open) {
      // A cache that has taken nothing meanwhile, from nobody, is away.
      const isRefused = refusals > 0 || this.#taken > takenBefore;
      if (!isRefused || refusals + 1 < MOST_REFUSALS) this.#wait({ record, refusals: isRefused ? refusals + 1 : refusals, takenBefore: this.#taken });
    }
  }

  #wait(waiting: Waiting): void {
    const { jobId } = waiting.record.snapshot;
    const other = this.#waiting.get(jobId);
    if (this.#isClosed || (other !== undefined && isNewer(other.record.snapshot, waiting.record.snapshot))) return;
    this.#waiting.delete(jobId);
    this.#waiting.set(jobId, waiting);
    // Those are found by the check that follows 10 s after.
    if (this.#waiting.size > MOST_JOBS) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#timer ??= this.#timing.setTimeout(() => void this.#again(), AGAIN_MS);
  }

  async #again(): Promise<void> {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#timer = undefined;
    await this.#try(all);
  }
}
