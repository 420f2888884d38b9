import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { within, type Timing } from '../timing.js';
import type { JobRecord } from './job-record.js';
import type { CacheJobStore, NotDecided, StateWrite, WriteResult } from './job-store.js';
import { MirrorBehind } from './mirror-behind.js';
import { RecentTimes } from './recent-times.js';

/** A cache that has not answered for so long is silent. */
const SILENT_AFTER_MS = 1_000;
/** So long nothing is asked of a silent cache, unless it answers before. */
const LEFT_OUT_MS = 5_000;

/**
 * The cache of a tiered store. Never rejects, and waits for a silent cache once, not for each call: while it is away,
 * nothing is cached, and the durable store does its work.
 */
export class CacheTier {
  readonly #cache: CacheJobStore;
  readonly #timing: Timing;
  readonly #onError: OnError;
  readonly #confirmed: RecentTimes;
  readonly #mirrors: MirrorBehind;
  #isAway = false;
  /** On the monotonic clock. */
  #leftOutUntil = -Infinity;

  constructor(cache: CacheJobStore, { timing, onError }: { readonly timing: Timing; readonly onError: OnError }) {
    this.#cache = cache;
    this.#timing = timing;
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

  /** `undefined`: without an answer. */
  async #try<Result>(ask: (cache: CacheJobStore) => Promise<Result>): Promise<Result | undefined> {
    if (this.#timing.monotonic() < this.#leftOutUntil) return undefined;
    const answer = ask(this.#cache).then(
      (result) => {
        this.#leftOutUntil = -Infinity;
        this.#isAway = false;
        return result;
      },
      (cause: unknown) => this.#reportAway(cause),
    );
    return within(answer, SILENT_AFTER_MS, this.#timing, () => {
      this.#leftOutUntil = this.#timing.monotonic() + LEFT_OUT_MS;
      return this.#reportAway(new Error(`The cache gave no answer within ${SILENT_AFTER_MS} ms.`));
    });
  }

  #reportAway(cause: unknown): undefined {
    if (!this.#isAway) this.#onError(new JobEventsServerError('STORE_FAILED', 'The cache failed; the durable store does its work meanwhile.', { cause }));
    this.#isAway = true;
    return undefined;
  }
}
