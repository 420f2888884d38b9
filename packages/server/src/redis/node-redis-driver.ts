import { once, type EventEmitter } from 'node:events';
import { asEmitter, firstKeyOf, type NodeRedisClient, type NodeRedisCluster, type NodeRedisSentinel, type RedisDriver } from './redis-client.js';

type AnyNodeRedis = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel;

const isClusterClient = (client: AnyNodeRedis): client is NodeRedisCluster => 'masters' in client;
const isSentinelClient = (client: AnyNodeRedis): client is NodeRedisSentinel => 'getSentinelNode' in client;

export function nodeRedisDriver(client: AnyNodeRedis): RedisDriver {
  const emitter = asEmitter(client);
  const isCluster = isClusterClient(client);
  // A client of several nodes reports errors of one of them; whether commands are answered says more.
  const ownsItsConnection = !isCluster && !isSentinelClient(client);
  let lastError: Error | undefined;
  let isConnected = false;
  // Of the whole life of the client: an `error` event without a listener ends the process.
  const keepError = (error: unknown): void => void (lastError = error instanceof Error ? error : new Error(String(error)));
  emitter.on('error', keepError);
  return {
    isCluster,
    connect: async () => {
      try {
        if (!client.isOpen) await client.connect();
        else if ('isReady' in client && !client.isReady) await once(emitter, 'ready');
        isConnected = true;
      } catch (error) {
        throw lastError ?? error;
      }
    },
    send: (args) => {
      if (isClusterClient(client)) return client.sendCommand(firstKeyOf(args), false, [...args]);
      return isSentinelClient(client) ? client.sendCommand(false, [...args]) : client.sendCommand([...args]);
    },
    // A client that is closed throws when it is closed again; that of Sentinel rejects.
    destroy: () => {
      if (client.isOpen) void Promise.resolve(client.destroy()).catch(() => undefined);
    },
    duplicate: () => nodeRedisDriver(client.duplicate()),
    onLost: (listener) => {
      if (isSentinelClient(client)) return onSwitch(emitter, () => isConnected, listener);
      if (!ownsItsConnection) return () => undefined;
      emitter.on('error', listener);
      return () => void emitter.off('error', listener);
    },
    onClosed: (listener) => {
      const event = isCluster ? 'disconnect' : 'end';
      emitter.on(event, listener);
      return () => void emitter.off(event, listener);
    },
    isClosed: () => !client.isOpen,
    release: () => void emitter.off('error', keepError),
  };
}

/** The client goes to the new primary by itself. What the old one acknowledged may be missing there, so this is a loss. */
function onSwitch(emitter: EventEmitter, isConnected: () => boolean, listener: (cause: Error) => void): () => void {
  const onChange = ({ type }: { readonly type: string }): void => {
    if (type === 'MASTER_CHANGE' && isConnected()) listener(new Error('Sentinel has made another server the primary.'));
  };
  emitter.on('topology-change', onChange);
  return () => void emitter.off('topology-change', onChange);
}
