import type { NotDecided, StateWrite, WriteResult } from '../store/job-store.js';
import { guardedOnError, type OnError } from '../logger.js';
import { SharedJobStore } from '../store/shared-job-store.js';
import { DAY_MS, invalid, LEAST_UNFINISHED_MS, readMs } from '../store/store-options.js';
import { realTiming, type Timing } from '../timing.js';
import { openRedis } from './open-redis.js';
import { RecentEnds } from './recent-ends.js';
import { DEFAULT_KEY_PREFIX, prefixInKeys, probeOf } from './redis-keys.js';
import { checkLocation, type RedisLocation } from './redis-location.js';
import { RedisStates } from './redis-states.js';

/** Ends that are written again in one round trip. */
const BATCH = 100;

export type RedisJobStoreOptions = RedisLocation & {
  /**
   * What keys begin with: `${keyPrefix}:${jobId}` is a job's record. A colon in it is written `%3A` in keys, so that two
   * applications with different prefixes never share a key. Default: `job-progress`.
   */
  readonly keyPrefix?: string;
  /** How long a finished job can be read, in ms. Default: 10 minutes. */
  readonly finishedForMs?: number;
  /** How long an unfinished job of which nothing is heard can be read, in ms. Default: 24 hours; at least 1 minute. */
  readonly unfinishedForMs?: number;
  /** Hears of lost connections. They are opened again. Default: the console. */
  readonly onError?: OnError;
  readonly timing?: Timing;
};

/**
 * Keeps the states of jobs in Redis, from 6.2, for any number of processes; works with `ioredis` and with `redis`. No
 * command takes keys of different hash slots. What decides about an ended job lives on for 24 hours. The clock is that of Redis.
 *
 * Redis acknowledges before it replicates. After each loss of the connection the ends of the 30 s before it are written
 * again, in case another server is the primary now that never had them.
 *
 * Redis forgets what it has not saved when it dies. Then running jobs show themselves again by their next report, and
 * ended ones are unknown: where that matters, put it as a cache before a durable store, in a `TieredJobStore`.
 *
 * It connects at its first call. A call rejects with `STORE_FAILED` at once while Redis is away, and after 5 s without an
 * answer. Then the connection is opened again, a client of yours as a duplicate of it.
 *
 * @example
 * const store = new RedisJobStore({ url: redisUrl });
 */
export class RedisJobStore extends SharedJobStore {
  readonly #recentEnds: RecentEnds;

  constructor(options: RedisJobStoreOptions) {
    checkLocation(options);
    const { keyPrefix = DEFAULT_KEY_PREFIX, timing = realTiming } = options;
    const finishedForMs = readMs('finishedForMs', options.finishedForMs ?? 600_000);
    const unfinishedForMs = readMs('unfinishedForMs', options.unfinishedForMs ?? DAY_MS, LEAST_UNFINISHED_MS, 'so that no record expires between two heartbeats of its run');
    checkKeyPrefix(keyPrefix);
    const onError = guardedOnError(options.onError);
    const redis = openRedis(options, { onError, timing, probeKey: probeOf(keyPrefix) });
    const fencedForMs = Math.max(DAY_MS, finishedForMs, unfinishedForMs);
    super('Redis', new RedisStates(redis, { keyPrefix: prefixInKeys(keyPrefix), finishedForMs, unfinishedForMs, fencedForMs, timing }), timing);
    this.#recentEnds = new RecentEnds(timing, finishedForMs);
    redis.connection.onReopened?.((lostAt) => void this.#writeAgain(lostAt).catch(onError));
  }

  override async write(writes: readonly StateWrite[]): Promise<readonly (WriteResult | NotDecided)[]> {
    const results = await super.write(writes);
    this.#recentEnds.keep(writes, results);
    return results;
  }

  /** What fails because the connection is lost again is written after that loss. */
  async #writeAgain(lostAt: number): Promise<void> {
    const ends = this.#recentEnds.acknowledgedBefore(lostAt);
    for (let from = 0; from < ends.length; from += BATCH) {
      const results = await super.write(ends.slice(from, from + BATCH));
      for (const result of results) if (result.outcome === 'failed') throw result.cause;
    }
  }
}

/** @throws JobEventsServerError `INVALID_OPTIONS` */
export function checkKeyPrefix(keyPrefix: string): void {
  if (keyPrefix !== '' && !/[{}]/.test(keyPrefix)) return;
  throw invalid(`keyPrefix '${keyPrefix}': give at least one character, without { and }, which tell a cluster where a key belongs.`);
}
