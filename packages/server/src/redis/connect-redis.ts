import type { ServerOptions } from 'socket.io';
import type { Broadcaster } from '../broadcaster.js';
import { BusAdapter } from '../cluster/bus-adapter.js';
import { createBroadcaster } from '../cluster/bus-broadcaster.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import { realTiming } from '../timing.js';
import { openRedis, type RedisLocation } from './open-redis.js';
import { RedisBus } from './redis-bus.js';
import { RedisJobStore, type RedisJobStoreOptions } from './redis-job-store.js';

export type ConnectRedisOptions = RedisLocation & Pick<RedisJobStoreOptions, 'keyPrefix' | 'finishedForMs' | 'unfinishedForMs'> & {
  /** Hears of lost connections and events: they are opened again, and found by sync. Default: the console. */
  readonly onError?: OnError;
  /** The key of the stream that carries events, the same in all processes. Default: `job-events`. */
  readonly stream?: string;
  /** Of the gateway, for `broadcaster`. Default: `/jobs`. */
  readonly namespace?: string;
};

export interface RedisConnected {
  /** For a process with sockets: `new Server(http, { adapter })`. Works for every namespace. */
  readonly adapter: NonNullable<ServerOptions['adapter']>;
  /** For a process without: `new JobEventEmitterService({ broadcaster, store })`. */
  readonly broadcaster: Broadcaster;
  readonly store: RedisJobStore;
  /** Sends what waits, then closes what was opened here; a client of yours stays open. Idempotent. */
  close(): Promise<void>;
}

/**
 * Wires several processes over Redis: events by a stream, which loses nothing when a connection is lost for a moment, and
 * states under keys. Every connection is supervised: a lost one is reported to `onError` and opened again, and nothing
 * here throws into the process.
 *
 * Rejects, with `STORE_FAILED` or `INVALID_OPTIONS`, when Redis cannot be reached within 5 s or no client is installed.
 *
 * @example
 * const { adapter, store } = await connectRedis({ url: redisUrl });
 * const io = new Server(http, { adapter });
 * const jobEvents = createJobEvents(io, { authenticate, store });
 */
export async function connectRedis(options: ConnectRedisOptions): Promise<RedisConnected> {
  const { stream = 'job-events', namespace = '/jobs', keyPrefix, finishedForMs, unfinishedForMs } = options;
  const onError = guardedOnError(options.onError);
  const opened = await openRedis(options, onError);
  const { connection } = opened;
  try {
    await opened.ready();
    await connection.command('PING');
  } catch (cause) {
    opened.close();
    throw new JobEventsServerError('STORE_FAILED', `Redis could not be reached: ${messageOf(cause)}`, { cause });
  }
  const bus = new RedisBus({ connection, stream, onError, timing: realTiming });
  const store = new RedisJobStore({
    connection,
    onError,
    ...(keyPrefix !== undefined && { keyPrefix }),
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
    close: async () => {
      await bus.close();
      await store.close();
      opened.close();
    },
  };
}
