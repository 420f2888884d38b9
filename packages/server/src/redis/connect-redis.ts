import type { ServerOptions } from 'socket.io';
import type { Broadcaster } from '../broadcaster.js';
import { BusAdapter } from '../cluster/bus-adapter.js';
import { createBroadcaster } from '../cluster/bus-broadcaster.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import { readCount } from '../store/store-options.js';
import { realTiming } from '../timing.js';
import { openRedis } from './open-redis.js';
import { RedisBus } from './redis-bus.js';
import { checkKeyPrefix, RedisJobStore, type RedisJobStoreOptions } from './redis-job-store.js';
import { DEFAULT_KEY_PREFIX, probeOf, streamOf } from './redis-keys.js';
import { checkLocation, type RedisLocation } from './redis-location.js';
import { claimStream } from './stream-owner.js';

const CLOSE_WITHIN_MS = 5_000;

export type ConnectRedisOptions = RedisLocation & Pick<RedisJobStoreOptions, 'keyPrefix' | 'finishedForMs' | 'unfinishedForMs'> & {
  /** Hears of lost connections and events: they are opened again, and found by sync. Default: the console. */
  readonly onError?: OnError;
  /**
   * The key of the stream that carries events, the same in all processes of one application. Default: follows `keyPrefix`;
   * `job-events` where that is the default, else `{keyPrefix}:events`. A stream of another `keyPrefix` is refused, and entries of another are left out.
   */
  readonly stream?: string;
  /**
   * About how many bytes of Redis's memory the stream takes. Default: 67,108,864 (64 MiB), and never more than about 10,000
   * entries. A process that was away for longer than they last finds the states by `sync`.
   */
  readonly streamMaxBytes?: number;
  /** Of the gateway, for `broadcaster`. Default: `/jobs`. */
  readonly namespace?: string;
};

export interface RedisConnected {
  /** For a process with sockets: `new Server(http, { adapter })`. Works for every namespace. */
  readonly adapter: NonNullable<ServerOptions['adapter']>;
  /** For a process without: `new JobEventEmitterService({ broadcaster, store })`. */
  readonly broadcaster: Broadcaster;
  readonly store: RedisJobStore;
  /**
   * Sends what waits, then closes what was opened here; a client of yours stays open. Idempotent.
   *
   * `timeoutMs`: how long it takes at most. Default: 5 s. What is not sent by then goes to `onError` as `BROADCAST_FAILED`.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/**
 * Wires several processes over Redis: events by a stream, which loses nothing when a connection is lost for a moment, and
 * states under keys. Every connection is supervised: a lost one is reported to `onError` and opened again, and nothing
 * here throws into the process. It is lost too when commands are not answered for 5 s, and when Redis answers as a replica,
 * as a node that loads its data, or as one that the cluster has moved on from.
 *
 * Rejects with `STORE_FAILED` when Redis cannot be reached within 5 s, and with `INVALID_OPTIONS` when no client is
 * installed, or the stream belongs to another `keyPrefix`.
 *
 * @example
 * const { adapter, store } = await connectRedis({ url: redisUrl });
 * const io = new Server(http, { adapter });
 * const jobEvents = createJobEvents(io, { authenticate, store });
 */
export async function connectRedis(options: ConnectRedisOptions): Promise<RedisConnected> {
  checkLocation(options);
  const { keyPrefix = DEFAULT_KEY_PREFIX, stream = streamOf(keyPrefix), namespace = '/jobs', streamMaxBytes, finishedForMs, unfinishedForMs } = options;
  const onError = guardedOnError(options.onError);
  checkKeyPrefix(keyPrefix);
  if (streamMaxBytes !== undefined) readCount('streamMaxBytes', streamMaxBytes);
  const redis = openRedis(options, { onError, timing: realTiming, probeKey: probeOf(keyPrefix) });
  try {
    await redis.ready();
    await claimStream(redis.connection, stream, keyPrefix);
  } catch (cause) {
    redis.close();
    if (JobEventsServerError.isInstance(cause)) throw cause;
    throw new JobEventsServerError('STORE_FAILED', `Redis could not be reached: ${messageOf(cause)}`, { cause });
  }
  const bus = new RedisBus({ redis, stream, keyPrefix, streamMaxBytes, onError, timing: realTiming });
  const store = new RedisJobStore({
    connection: redis.connection,
    onError,
    keyPrefix,
    ...(finishedForMs !== undefined && { finishedForMs }),
    ...(unfinishedForMs !== undefined && { unfinishedForMs }),
  });
  return {
    // Socket.IO calls it with `new`, which an arrow function does not allow.
    adapter: function (namespace) {
      return new BusAdapter(namespace, bus);
    },
    broadcaster: createBroadcaster(bus, namespace),
    store,
    close: async ({ timeoutMs = CLOSE_WITHIN_MS } = {}) => {
      await bus.close(timeoutMs);
      await store.close();
      redis.close();
    },
  };
}
