import type { OnError } from '../logger.js';
import { failuresOf } from '../store-health.js';
import type { Timing } from '../timing.js';
import { CacheCalls } from './cache-calls.js';
import type { JobRecord } from './job-record.js';
import type { CacheJobStore, NotDecided, StateWrite, WriteResult } from './job-store.js';
import { MirrorBehind } from './mirror-behind.js';
import { RecentTimes } from './recent-times.js';

/**
 * The cache of a tiered store. Never rejects: while it is away, nothing is cached, and the durable store does its work.
 */
export class CacheTier {
  readonly #cache: CacheJobStore;
  readonly #calls: CacheCalls;
  readonly #confirmed: RecentTimes;
  readonly #mirrors: MirrorBehind;

  constructor(cache: CacheJobStore, { timing, onError }: { readonly timing: Timing; readonly onError: OnError }) {
    this.#cache = cache;
    this.#calls = new CacheCalls({ timing, onError });
    this.#confirmed = new RecentTimes(timing);
    this.#mirrors = new MirrorBehind(timing, (records) => this.#mirror(records));
  }

  /** What is cached of these jobs. */
  async get(jobIds: readonly string[]): Promise<Map<string, JobRecord>> {
    const records = (await this.#calls.ask('read', jobIds, () => this.#cache.get(jobIds))) ?? [];
    return new Map(records.flatMap((record) => (record === undefined ? [] : [[record.snapshot.jobId, record] as const])));
  }

  /** What the cache decides of these writes: nothing while it is away. */
  async write(writes: readonly StateWrite[]): Promise<Map<StateWrite, WriteResult | NotDecided>> {
    const jobIds = writes.map(({ snapshot }) => snapshot.jobId);
    const results = (writes.length > 0 && (await this.#calls.ask('write', jobIds, () => this.#cache.write(writes), (decided) => failuresOf(jobIds, decided)))) || [];
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

  /** Resolves to the jobs whose records the cache has not taken. */
  async #mirror(records: readonly JobRecord[]): Promise<ReadonlySet<string>> {
    const jobIds = records.map(({ snapshot }) => snapshot.jobId);
    const refused = await this.#calls.ask('write', jobIds, () => this.#cache.mirror(records), (all) => new Map(all.map(({ jobId, cause }) => [jobId, cause])));
    return new Set(refused === undefined ? jobIds : refused.map(({ jobId }) => jobId));
  }
}
