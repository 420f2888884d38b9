import { fullJitter } from '../cluster/full-jitter.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import { connectionOf, untilReady, type RedisClient, type RedisConnection } from './redis-connection.js';

/**
 * Where Redis is: a connection string, or a client of `ioredis` or `redis` of the application's. Only what is opened for
 * a `url` is closed by us.
 */
export type RedisLocation =
  | { readonly url: string; readonly client?: never; readonly connection?: never }
  | { readonly client: RedisClient; readonly url?: never; readonly connection?: never }
  | { readonly connection: RedisConnection; readonly url?: never; readonly client?: never };

export interface OpenedRedis {
  readonly connection: RedisConnection;
  /** Opens what was given as a `url`. Rejects when it cannot be reached within 5 s. */
  ready(): Promise<void>;
  close(): void;
}

const RETRY = { baseMs: 100, mostMs: 2_000 };
const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;

/**
 * Redis, supervised: no loss of a connection throws into the process.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS`
 */
export async function openRedis(location: RedisLocation, onError: OnError): Promise<OpenedRedis> {
  // Shared: whoever opened it supervises and closes it.
  if (location.connection !== undefined) return { connection: location.connection, ready: async () => {}, close: () => {} };
  // Without either, the client would take whatever listens on this machine.
  if (!location.url && !location.client)
    throw new JobEventsServerError('INVALID_OPTIONS', 'Say where Redis is: url, such as redis://host:6379, or client. Is a variable of the environment not set?');
  const client = location.client ?? (await createClient(location.url));
  const connection = connectionOf(client);
  let lost: Error | undefined;
  const stopListening = connection.onLost((cause, wasOpen) => {
    lost = cause;
    // Before the first time it is not said what follows: `connectRedis` gives up, a store goes on.
    const message = wasOpen ? `The connection to Redis was lost: ${messageOf(cause)} It is opened again.` : `Redis cannot be reached: ${messageOf(cause)}`;
    onError(new JobEventsServerError('CONNECTION_LOST', message, { cause }));
  });
  return {
    connection,
    ready: async () => {
      if (location.client !== undefined) return;
      // The client itself says only that it is closed.
      await untilReady(client).catch((error: unknown) => Promise.reject(lost ?? error));
    },
    close: () => {
      if (location.client === undefined) connection.destroy();
      else stopListening();
    },
  };
}

/** Whichever of the two packages is installed. A command fails at once while Redis is away: nothing piles up. */
async function createClient(url: string): Promise<RedisClient> {
  const retryDelay = (failures: number): number => fullJitter(failures, RETRY);
  const ioRedis = await import('ioredis').catch(() => undefined);
  if (ioRedis !== undefined) {
    return new ioRedis.Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAlive: KEEP_ALIVE_MS,
      retryStrategy: retryDelay,
    });
  }
  const nodeRedis = await import('redis').catch((cause: unknown) => {
    throw new JobEventsServerError('INVALID_OPTIONS', 'Install the package ioredis or redis, or give a client of one of them.', { cause });
  });
  return nodeRedis.createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, keepAlive: true, reconnectStrategy: retryDelay },
  });
}
