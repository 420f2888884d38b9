import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { SharedJobStore } from '../store/shared-job-store.js';
import { realTiming, type Timing } from '../timing.js';
import { openRedis, type RedisLocation } from './open-redis.js';
import { RedisStates } from './redis-states.js';

const DAY_MS = 86_400_000;

export type RedisJobStoreOptions = RedisLocation & {
  /** What keys begin with: `${keyPrefix}:${jobId}` is a job's record. Default: `job-progress`. */
  readonly keyPrefix?: string;
  /** How long a finished job can be read, in ms. Default: 10 minutes. */
  readonly finishedForMs?: number;
  /** How long an unfinished job of which nothing is heard can be read, in ms. Default: 24 hours. */
  readonly unfinishedForMs?: number;
  /** Hears of lost connections. They are opened again. Default: the console. */
  readonly onError?: OnError;
  readonly timing?: Timing;
};

/**
 * Keeps the states of jobs in Redis, from 6.2, for any number of processes; works with `ioredis` and with `redis`. No
 * command takes keys of different hash slots. What decides about an ended job lives on for 24 hours. The clock is that of Redis.
 *
 * Redis forgets what it has not saved when it dies. Then running jobs show themselves again by their next report, and
 * ended ones are unknown: where that matters, put it as a cache before a durable store, in a `TieredJobStore`.
 *
 * A call rejects with `STORE_FAILED` at once while Redis is away (a client of yours may wait instead), and after 10 s
 * without an answer.
 *
 * @example
 * const store = new RedisJobStore({ url: redisUrl });
 */
export class RedisJobStore extends SharedJobStore {
  constructor(options: RedisJobStoreOptions) {
    const { keyPrefix = 'job-progress', finishedForMs = 600_000, unfinishedForMs = DAY_MS, timing = realTiming } = options;
    if (/[{}]/.test(keyPrefix)) {
      throw new JobEventsServerError('INVALID_OPTIONS', `keyPrefix '${keyPrefix}': leave { and } out, which tell a cluster where a key belongs.`);
    }
    const redis = openRedis(options, guardedOnError(options.onError)).then(async (opened) => {
      // A store of its own connects at its first call; until then commands have to wait.
      await opened.ready().catch(() => {});
      return opened;
    });
    redis.catch(() => {});
    const fencedForMs = Math.max(DAY_MS, finishedForMs, unfinishedForMs);
    super('Redis', new RedisStates(redis, { keyPrefix, finishedForMs, unfinishedForMs, fencedForMs, timing }), timing);
  }
}
