import type { EventEmitter } from 'node:events';

interface Events {
  on(event: 'error' | 'ready', listener: (error: Error) => void): unknown;
  off(event: 'error' | 'ready', listener: (error: Error) => void): unknown;
}

/** A client of the package `ioredis`: `Redis`, also with Sentinel, or `Cluster`. Only what the library uses of it. */
export interface IoRedisClient extends Events {
  readonly status: string;
  readonly isCluster?: boolean;
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(...overrides: never[]): IoRedisClient;
  connect(): Promise<unknown>;
  disconnect(): void;
}

/** What the clients of the package `redis` have in common. */
interface NodeRedis extends Events {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  destroy(): unknown;
}

/** A client of the package `redis`, by `createClient`. */
export interface NodeRedisClient extends NodeRedis {
  readonly isReady: boolean;
  sendCommand(args: string[]): Promise<unknown>;
  duplicate(): NodeRedisClient;
}

/** A cluster of the package `redis`, by `createCluster`. */
export interface NodeRedisCluster extends NodeRedis {
  readonly masters: readonly unknown[];
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
  duplicate(): NodeRedisCluster;
}

/** A client with Sentinel of the package `redis`, by `createSentinel`. */
export interface NodeRedisSentinel extends NodeRedis {
  readonly isReady: boolean;
  getSentinelNode(): unknown;
  sendCommand(isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
  duplicate(): NodeRedisSentinel;
}

/** A client that the application made. */
export type RedisClient = IoRedisClient | NodeRedisClient | NodeRedisCluster | NodeRedisSentinel;

/** What the library does with a client of either package. It does not interpret errors and measures no time. */
export interface RedisDriver {
  readonly isCluster: boolean;
  /** Resolves when the client takes commands. Opens it, unless it is being opened. */
  connect(): Promise<void>;
  send(args: readonly string[]): Promise<unknown>;
  destroy(): void;
  /** Another client with the same options, not connected, that ends when its connection is lost. */
  duplicate(): RedisDriver;
  /** The connection was lost, as far as the client notices. */
  onLost(listener: (cause: Error) => void): () => void;
  /** Somebody closed the client, or it gave up. It does not open again by itself. */
  onClosed(listener: () => void): () => void;
  /** Whether the client was closed, or gave up. */
  isClosed(): boolean;
  /** Removes the listener for errors, which a client of the library's keeps for ever. */
  release(): void;
}

export const asEmitter = (client: Events): EventEmitter => client as unknown as EventEmitter;

/** Where a command goes in a cluster: the key that is named first. */
export function firstKeyOf(args: readonly string[]): string | undefined {
  switch (args[0]) {
    case 'PING':
    case 'HELLO':
    case 'TIME':
      return undefined;
    case 'EVAL':
    case 'EVALSHA':
      return args[3];
    case 'XREAD':
      return args[args.indexOf('STREAMS') + 1];
    default:
      return args[1];
  }
}
