import { isFinal, isNewer, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { decideMirror } from '../../src/store/decide-mirror.js';
import { fenceAlone, standingRecord, type Decision, type JobState } from '../../src/store/job-state.js';
import type { JobRecord } from '../../src/store/job-record.js';
import { prefixInKeys } from '../../src/redis/redis-keys.js';
import { JOB } from './model-job.js';
import { ModelServers, put } from './model-servers.js';
import type { Rules } from './rules.js';
import type { Witness } from './witness.js';

/** Thrown where a store cannot be reached, or its answer is lost. */
export class StoreAway extends Error {}

export function unlessAway(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof StoreAway)) throw error;
  }
}

/**
 * Trusted for so long, in ms, is what the cache says. Of an end too: a later attempt may have begun while the cache missed
 * the write.
 */
const TRUSTED_MS = 10_000;

/**
 * What one application sees of the servers: a durable store with a cache before it, and in each one job under a key that
 * follows the prefix. Decisions are the library's own; what fails is the way there: the durable store can be away, an answer
 * can be lost, the cache can miss writes, and each can lose what it holds.
 */
export class ModelStore {
  #confirmedAt = 0;
  #wasEvicted = false;
  #hasEvictedRecord = false;
  /** The record was evicted, and then the fence. */
  hasForgottenRun = false;
  isAway = false;
  losesNextAnswer = false;
  isCacheDeaf = false;
  readonly #rules: Rules;
  readonly #witness: Witness;
  readonly #servers: ModelServers;
  readonly #key: string;

  constructor(rules: Rules, witness: Witness, servers = new ModelServers(), prefix = 'shop') {
    this.#rules = rules;
    this.#witness = witness;
    this.#servers = servers;
    this.#key = `${prefixInKeys(prefix)}:${JOB.jobId}`;
  }

  get #durable(): JobState {
    return this.#servers.durable.get(this.#key) ?? {};
  }

  set #durable(state: JobState) {
    this.#servers.durable = put(this.#servers.durable, this.#key, state);
  }

  get #cache(): JobState {
    return this.#servers.cache.get(this.#key) ?? {};
  }

  set #cache(state: JobState) {
    this.#servers.cache = put(this.#servers.cache, this.#key, state);
  }

  /** @throws StoreAway */
  change<Result>(decide: (state: JobState, now: number) => Decision<Result>, now: number): Result {
    if (this.isAway) return this.#rules(8) ? this.#missing() : this.#decideInCache(decide, now);
    const { result, next } = decide(this.#durable, now);
    if (next !== undefined) {
      this.#witness.handedOut(next.fence?.epoch ?? 0);
      this.#witness.stored(standingRecord(this.#durable), standingRecord(next));
      this.#durable = next;
      this.#mirror();
    }
    if (this.losesNextAnswer) {
      this.losesNextAnswer = false;
      this.#missing();
    }
    return result;
  }

  /** What the cache decides by itself; `undefined` where it is away. */
  changeCache<Result>(decide: (state: JobState, now: number) => Decision<Result>, now: number): Result | undefined {
    return this.isCacheDeaf ? undefined : this.#decideInCache(decide, now);
  }

  /** What the cache has; `undefined` where it is away. */
  get cached(): JobRecord | undefined {
    return this.isCacheDeaf ? undefined : this.#cache.record;
  }

  /** What a client of this user is answered. `undefined`: not known, or nobody can say. */
  read(userId: string, passed: number): AnyJobSnapshot | undefined {
    const record = this.#read(passed);
    return record === undefined || (this.#rules(14) && record.userId !== userId) ? undefined : record.snapshot;
  }

  #read(passed: number): JobRecord | undefined {
    const cached = this.#cache.record;
    const isTrusted = this.isAway || !this.#rules(8) || passed - this.#confirmedAt < TRUSTED_MS;
    if (cached !== undefined && isTrusted) return cached;
    if (this.isAway) return undefined;
    this.#mirror();
    if (!this.isCacheDeaf) this.#confirmedAt = passed;
    const durable = this.#durable.record;
    const isMore = cached !== undefined && durable !== undefined && cached.userId === durable.userId && isNewer(cached.snapshot, durable.snapshot);
    return isMore ? cached : (durable ?? cached);
  }

  /** What stands, even of a job whose record has expired. */
  get standing(): AnyJobSnapshot | undefined {
    return standingRecord(this.#durable)?.snapshot;
  }

  get owner(): string | undefined {
    return this.#durable.record?.userId ?? this.#durable.fence?.userId;
  }

  get record(): JobRecord | undefined {
    if (this.isAway) this.#missing();
    return this.#durable.record;
  }

  /** Retention is over: of a finished job only the fence stays. */
  expire(): void {
    if (this.#durable.record === undefined || !isFinal(this.#durable.record.snapshot.status)) return;
    this.#wasEvicted = false;
    if (this.#durable.fence === undefined) return this.#forget();
    this.#durable = { fence: fenceAlone(this.#durable) };
    this.#cache = this.#durable;
  }

  backUp(): void {
    this.#servers.backUp();
  }

  /** All applications' states are again as they were when they were backed up. */
  goBack(): void {
    this.#servers.goBack();
    this.#witness.lost(this.#durable);
  }

  /** Of all applications. */
  wipe(): void {
    this.#servers.wipe();
    this.#witness.lost(this.#durable);
  }

  wipeCache(): void {
    this.#servers.wipeCache();
  }

  #forget(): void {
    this.#durable = {};
    this.#witness.lost(this.#durable);
  }

  evictRecord(): void {
    if (this.#durable.record === undefined) return;
    if (this.#durable.fence === undefined) return this.#forget();
    this.#durable = { fence: fenceAlone(this.#durable) };
    this.#wasEvicted = true;
    this.#hasEvictedRecord = true;
  }

  /** Nobody is shown the job until somebody says something of it. */
  get isEvicted(): boolean {
    return this.#wasEvicted && this.#durable.record === undefined;
  }

  evictFence(): void {
    const { record } = this.#durable;
    if (record === undefined) return;
    this.#durable = { record };
    this.hasForgottenRun = this.#hasEvictedRecord;
  }

  evictCachedRecord(): void {
    const { fence } = this.#cache;
    this.#cache = fence === undefined ? {} : { fence: fenceAlone(this.#cache) };
  }

  evictCachedFence(): void {
    const { record } = this.#cache;
    this.#cache = record === undefined ? {} : { record };
  }

  #mirror(): void {
    const { record } = this.#durable;
    if (record === undefined || this.isCacheDeaf) return;
    this.#cache = decideMirror(this.#cache, record).next ?? this.#cache;
  }

  #decideInCache<Result>(decide: (state: JobState, now: number) => Decision<Result>, now: number): Result {
    const { result, next } = decide(this.#cache, now);
    if (next !== undefined) this.#cache = next;
    return result;
  }

  #missing(): never {
    throw new StoreAway();
  }
}
