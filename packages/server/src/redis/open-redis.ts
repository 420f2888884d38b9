import { ConnectionHealth } from '../connection-health.js';
import type { OnError } from '../logger.js';
import type { Timing } from '../timing.js';
import { createDriver, driverOf } from './create-driver.js';
import type { RedisClient, RedisDriver } from './redis-client.js';
import { SupervisedConnection, type RedisConnection } from './redis-connection.js';
import { RedisLink } from './redis-link.js';
import type { OwnRedisLocation, RedisLocation } from './redis-location.js';

export interface OpenedRedis {
  readonly connection: RedisConnection;
  /** Opens the connection for commands. Rejects when that cannot be done, within 5 s. */
  ready(): Promise<void>;
  /** A connection of one's own, for a command that blocks. Rejects when it is not open within 5 s. */
  openAnother(): Promise<RedisLink>;
  /** Closes what was opened here, at once. */
  close(): void;
}

interface OpenRedisOptions {
  readonly onError: OnError;
  readonly timing: Timing;
  /** See `RedisLinkOptions`. */
  readonly probeKey: string;
}

/**
 * Redis, supervised: no loss of a connection throws into the process. Opens nothing before it is used. The location has
 * been checked.
 */
export function openRedis(location: RedisLocation, options: OpenRedisOptions): OpenedRedis {
  if (location.connection !== undefined) return sharedRedis(location.connection);
  const { onError, timing } = options;
  const link = (driver: RedisDriver, isOwn: boolean): RedisLink => new RedisLink({ ...options, driver, isOwn });
  const given = location.client === undefined ? undefined : driverOf(location.client as RedisClient);
  const openAnother = async (): Promise<RedisLink> => {
    const another = link(given === undefined ? await createDriver(location as OwnRedisLocation) : given.duplicate(), true);
    await another.open();
    return another;
  };
  const health = new ConnectionHealth({
    connection: 'redis commands',
    onError,
    consequence:
      given === undefined
        ? 'It is opened again.'
        : 'A client of yours cannot be opened again by this library, which goes on over a duplicate of it; for your own commands set reconnectOnError (ioredis) or close it and make another.',
  });
  const closed = new Error('The client that was given has been closed.');
  let isFirst = true;
  const connection = new SupervisedConnection({
    health,
    timing,
    // Who closes a client does not expect its duplicate to go on.
    closedBecause: () => (!isFirst && given?.isClosed() === true ? closed : undefined),
    open: async () => {
      if (given === undefined || !isFirst) return openAnother();
      if (given.isClosed()) throw new Error('The client that was given is not connected.');
      isFirst = false;
      const first = link(given, false);
      await first.open();
      return first;
    },
  });
  const stopListening = given?.onClosed(() => connection.close(closed));
  return {
    connection,
    ready: () => connection.ready(),
    openAnother,
    close: () => {
      stopListening?.();
      given?.release();
      connection.close();
    },
  };
}

/** Whoever opened it supervises and closes it. */
const sharedRedis = (connection: RedisConnection): OpenedRedis => ({
  connection,
  ready: async () => undefined,
  openAnother: () => Promise.reject(new Error('A shared connection opens no other.')),
  close: () => undefined,
});
