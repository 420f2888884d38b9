import { once, type EventEmitter } from 'node:events';

/** A client of the package `ioredis`, as far as we need it. */
export interface IoRedisClient {
  readonly status: string;
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(overrides?: object): IoRedisClient;
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: 'error' | 'ready', listener: (error: Error) => void): unknown;
  off(event: 'error' | 'ready', listener: (error: Error) => void): unknown;
}

/** A client of the package `redis`, as far as we need it. */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  sendCommand(args: string[]): Promise<unknown>;
  duplicate(): NodeRedisClient;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: 'error' | 'ready', listener: (error: Error) => void): unknown;
  off(event: 'error' | 'ready', listener: (error: Error) => void): unknown;
}

export type RedisClient = IoRedisClient | NodeRedisClient;

/** What both have in common. */
export interface RedisConnection {
  /** One command. Rejects after 10 s without an answer. */
  command(...args: string[]): Promise<unknown>;
  /** A connection of one's own, for a command that blocks. Rejects when it is not there within 5 s. */
  openAnother(): Promise<RedisConnection>;
  /** Lets go at once. Only for a connection that is ours. */
  destroy(): void;
  /**
   * Listens to losses of the connection: each once, however often the client says so until it takes commands again.
   * `wasOpen` is false of one that has never been open so far. Returns how to stop listening.
   */
  onLost(listener: (cause: Error, wasOpen: boolean) => void): () => void;
}

const ANSWER_WITHIN_MS = 10_000;
const READY_WITHIN_MS = 5_000;

/** A client of ioredis would connect again by itself and repeat what it was doing, and nobody would know. */
const ENDS_WHEN_LOST = { lazyConnect: true, retryStrategy: () => null, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 };

const isNodeRedis = (client: RedisClient): client is NodeRedisClient => 'sendCommand' in client && 'isOpen' in client;

export function connectionOf(client: RedisClient): RedisConnection {
  const send = isNodeRedis(client)
    ? (args: string[]) => client.sendCommand(args)
    : ([command, ...args]: string[]) => client.call(command!, ...args);
  return {
    command: (...args) => within(ANSWER_WITHIN_MS, send(args), () => `Redis did not answer ${args[0]}`),
    openAnother: async () => {
      const another = isNodeRedis(client) ? client.duplicate() : client.duplicate(ENDS_WHEN_LOST);
      const connection = connectionOf(another);
      // Whoever uses it sees its commands fail; an `error` event without a listener would end the process.
      connection.onLost(() => {});
      try {
        await untilReady(another);
        return connection;
      } catch (error) {
        connection.destroy();
        throw error;
      }
    },
    destroy: () => (isNodeRedis(client) ? destroyOnce(client) : client.disconnect()),
    onLost: (listener) => {
      let isTold = false;
      let wasOpen = isNodeRedis(client) ? client.isReady : client.status === 'ready';
      const onReady = (): void => {
        isTold = false;
        wasOpen = true;
      };
      const onError = (cause: Error): void => {
        if (!isTold) listener(cause, wasOpen);
        isTold = true;
      };
      client.on('ready', onReady);
      client.on('error', onError);
      return () => {
        client.off('ready', onReady);
        client.off('error', onError);
      };
    },
  };
}

/** Connects a client that is not connected, and resolves when it takes commands. */
export async function untilReady(client: RedisClient): Promise<void> {
  const ready = isNodeRedis(client) ? nodeRedisReady(client) : ioRedisReady(client);
  await within(READY_WITHIN_MS, ready, () => 'Redis could not be reached');
}

async function nodeRedisReady(client: NodeRedisClient): Promise<void> {
  if (!client.isOpen) await client.connect();
  else if (!client.isReady) await once(client as unknown as EventEmitter, 'ready');
}

async function ioRedisReady(client: IoRedisClient): Promise<void> {
  if (client.status === 'wait' || client.status === 'end') await client.connect();
  else if (client.status !== 'ready') await once(client as unknown as EventEmitter, 'ready');
}

/** A client that has been closed throws when it is closed again. */
function destroyOnce(client: NodeRedisClient): void {
  if (client.isOpen) client.destroy();
}

function within<T>(ms: number, answer: Promise<T>, what: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what()} within ${ms} ms.`)), ms);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
