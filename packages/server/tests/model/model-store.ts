import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { fenceAlone, standingRecord, type Decision, type JobState } from '../../src/store/job-state.js';
import type { JobRecord } from '../../src/store/job-store.js';
import type { Rules } from './rules.js';
import type { Witness } from './witness.js';

/** Thrown where a store cannot be reached, or its answer is lost. */
export class StoreAway extends Error {}

/**
 * Trusted for so long, in ms, is what the cache says. Of an end too: a later attempt may have begun while the cache missed
 * the write.
 */
const TRUSTED_MS = 10_000;

/**
 * A durable store with a cache before it, of one job. Decisions are the library's own; what fails is the way there: the
 * durable store can be away, an answer can be lost, and the cache can miss writes.
 */
export class ModelStore {
  #durable: JobState = {};
  #cache: JobState = {};
  #cachedAt = 0;
  isAway = false;
  losesNextAnswer = false;
  isCacheDeaf = false;
  readonly #rules: Rules;
  readonly #witness: Witness;

  constructor(rules: Rules, witness: Witness) {
    this.#rules = rules;
    this.#witness = witness;
  }

  /** @throws StoreAway */
  change<Result>(decide: (state: JobState, now: number) => Decision<Result>, now: number): Result {
    if (this.isAway) return this.#rules(8) ? this.#missing() : this.#changeCacheAlone(decide, now);
    const { result, next } = decide(this.#durable, now);
    if (next !== undefined) {
      this.#witness.stored(standingRecord(this.#durable), standingRecord(next));
      this.#durable = next;
      this.#fillCache(next, now);
    }
    if (this.losesNextAnswer) {
      this.losesNextAnswer = false;
      this.#missing();
    }
    return result;
  }

  /** What a client is answered. `undefined`: not known, or nobody can say. */
  read(now: number): AnyJobSnapshot | undefined {
    const cached = this.#cache.record?.snapshot;
    const isTrusted = this.isAway || !this.#rules(8) || now - this.#cachedAt < TRUSTED_MS;
    if (cached !== undefined && isTrusted) return cached;
    if (this.isAway) return undefined;
    this.#fillCache(this.#durable, now);
    return this.#durable.record?.snapshot;
  }

  /** What stands, even of a job whose record has expired. */
  get standing(): AnyJobSnapshot | undefined {
    return standingRecord(this.#durable)?.snapshot;
  }

  get record(): JobRecord | undefined {
    if (this.isAway) this.#missing();
    return this.#durable.record;
  }

  /** Retention is over: of a finished job only the fence stays. */
  expire(): void {
    if (this.#durable.record === undefined || !isFinal(this.#durable.record.snapshot.status)) return;
    this.#durable = { fence: fenceAlone(this.#durable) };
    this.#cache = this.#durable;
  }

  #fillCache(state: JobState, now: number): void {
    if (this.isCacheDeaf) return;
    this.#cache = state;
    this.#cachedAt = now;
  }

  #changeCacheAlone<Result>(decide: (state: JobState, now: number) => Decision<Result>, now: number): Result {
    const { result, next } = decide(this.#cache, now);
    if (next !== undefined) this.#cache = next;
    return result;
  }

  #missing(): never {
    throw new StoreAway();
  }
}
