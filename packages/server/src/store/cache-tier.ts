import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Timing } from '../timing.js';
import type { CacheJobStore, JobRecord, NotDecided, StateWrite, WriteResult } from './job-store.js';
import { MirrorBehind } from './mirror-behind.js';
import { RecentTimes } from './recent-times.js';

/** The cache of a tiered store. Never rejects: while it is away, nothing is cached, and the durable store does its work. */
export class CacheTier {
  readonly #cache: CacheJobStore;
  readonly #onError: OnError;
  readonly #confirmed: RecentTimes;
  readonly #mirrors: MirrorBehind;
  #isAway = false;

  constructor(cache: CacheJobStore, { timing, onError }: { readonly timing: Timing; readonly onError: OnError }) {
    this.#cache = cache;
    this.#onError = onError;
    this.#confirmed = new RecentTimes(timing);
    this.#mirrors = new MirrorBehind(timing, async (records) => (await this.#try((store) => store.mirror(records).then(() => true))) === true);
  }

  /** What is cached of these jobs. */
  async get(jobIds: readonly string[]): Promise<Map<string, JobRecord>> {
    const records = (await this.#try((cache) => cache.get(jobIds))) ?? [];
    return new Map(records.flatMap((record) => (record === undefined ? [] : [[record.snapshot.jobId, record] as const])));
  }

  /** What the cache decides of these writes: nothing while it is away. */
  async write(writes: readonly StateWrite[]): Promise<Map<StateWrite, WriteResult | NotDecided>> {
    const results = (writes.length > 0 && (await this.#try((cache) => cache.write(writes)))) || [];
    return new Map(results.map((result, index) => [writes[index]!, result]));
  }

  /** Takes over what the durable store has decided, or confirmed. */
  async mirror(records: readonly JobRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.#mirrors.mirror(records);
    for (const { snapshot } of records) this.#confirmed.set(snapshot.jobId);
  }

  /** Whether the durable store has ever confirmed what is cached of the job; with `ms`, whether it has done so since. */
  isConfirmed(jobId: string, ms?: number): boolean {
    return ms === undefined ? this.#confirmed.has(jobId) : this.#confirmed.isWithin(jobId, ms);
  }

  async close(): Promise<void> {
    this.#mirrors.close();
    await this.#cache.close();
  }

  async #try<Result>(work: (cache: CacheJobStore) => Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await work(this.#cache);
      this.#isAway = false;
      return result;
    } catch (cause) {
      if (!this.#isAway) this.#onError(new JobEventsServerError('STORE_FAILED', 'The cache failed; the durable store does its work meanwhile.', { cause }));
      this.#isAway = true;
      return undefined;
    }
  }
}
