import { once } from 'node:events';
import { asEmitter, type IoRedisClient, type RedisDriver } from './redis-client.js';
import { watchSentinels } from './watch-sentinels.js';

/**
 * Of every connection that the library opens by ioredis. The library itself opens a lost connection again: the client
 * would repeat commands by itself, and nobody would know of the loss.
 */
export const ENDS_WHEN_LOST = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  disconnectTimeout: 200,
  reconnectOnError: null,
};

/** The same for a client of a cluster. Its nodes are found and left by ioredis. */
export const CLUSTER_ENDS_WHEN_LOST = {
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: () => null,
  slotsRefreshTimeout: 2_000,
  redisOptions: { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, disconnectTimeout: 200 },
};

export function ioRedisDriver(client: IoRedisClient): RedisDriver {
  const emitter = asEmitter(client);
  const isCluster = client.isCluster === true;
  let lastError: Error | undefined;
  // Of the whole life of the client: an `error` event without a listener would be printed.
  const keepError = (error: Error): void => {
    // Of a cluster this is only a summary; the cause is in it.
    lastError = (error as { lastNodeError?: Error }).lastNodeError ?? error;
  };
  emitter.on('error', keepError);
  return {
    isCluster,
    connect: async () => {
      try {
        if (client.status === 'wait') await client.connect();
        else if (client.status !== 'ready') await once(emitter, 'ready');
      } catch (error) {
        // The client itself says only that the connection is closed.
        throw lastError ?? error;
      }
    },
    // In lower case, as ioredis has the names in its own tables.
    send: ([command, ...args]) => client.call(command!.toLowerCase(), ...args),
    destroy: () => {
      client.disconnect();
    },
    duplicate: () => ioRedisDriver(isCluster ? client.duplicate(...([[], clusterOptionsOver(client)] as never[])) : client.duplicate(...([ENDS_WHEN_LOST] as never[]))),
    onLost: (listener) => {
      const onClose = (): void => listener(lastError ?? new Error('Redis closed the connection.'));
      const onReady = (): void => void (lastError = undefined);
      const stopWatching = watchSentinels(client, () => listener(new Error('Sentinel has made another server the primary.')));
      emitter.on('close', onClose).on('ready', onReady);
      return () => {
        stopWatching();
        emitter.off('close', onClose).off('ready', onReady);
      };
    },
    onClosed: (listener) => {
      emitter.on('end', listener);
      return () => void emitter.off('end', listener);
    },
    isClosed: () => client.status === 'end',
    release: () => void emitter.off('error', keepError),
  };
}

/** ioredis 5 takes `redisOptions` in the place of the client's own, which hold its password and TLS. */
function clusterOptionsOver(client: IoRedisClient): object {
  const { redisOptions } = (client as { readonly options?: { readonly redisOptions?: object } }).options ?? {};
  return { ...CLUSTER_ENDS_WHEN_LOST, redisOptions: { ...redisOptions, ...CLUSTER_ENDS_WHEN_LOST.redisOptions } };
}
