import type * as IoRedis from 'ioredis';
import type * as NodeRedis from 'redis';
import { JobEventsServerError } from '../server-errors.js';
import { CLUSTER_ENDS_WHEN_LOST, ENDS_WHEN_LOST, ioRedisDriver } from './io-redis-driver.js';
import { nodeRedisDriver } from './node-redis-driver.js';
import type { IoRedisClient, RedisClient, RedisDriver } from './redis-client.js';
import type { OwnRedisLocation, RedisNode } from './redis-location.js';

const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;

/** A client of the application's. */
export function driverOf(client: RedisClient): RedisDriver {
  return 'isOpen' in client ? nodeRedisDriver(client) : ioRedisDriver(client);
}

/** A client of whichever of the two packages is installed, not connected. It ends when its connection is lost. */
export async function createDriver(location: OwnRedisLocation): Promise<RedisDriver> {
  const ioRedis = await import('ioredis').catch(() => undefined);
  if (ioRedis !== undefined) return createIoRedisDriver(ioRedis, location);
  const nodeRedis = await import('redis').catch((cause: unknown) => {
    throw new JobEventsServerError('INVALID_OPTIONS', 'Install the package ioredis or redis, or give a client of one of them.', { cause });
  });
  return createNodeRedisDriver(nodeRedis, location);
}

/** Exported for tests: both packages are installed there, each in two versions. */
export const createIoRedisDriver = (ioRedis: Pick<typeof IoRedis, 'Redis' | 'Cluster'>, location: OwnRedisLocation): RedisDriver =>
  ioRedisDriver(createIoRedis(ioRedis, location) as IoRedisClient);

function createIoRedis({ Redis, Cluster }: Pick<typeof IoRedis, 'Redis' | 'Cluster'>, location: OwnRedisLocation): unknown {
  const { tls } = location;
  const common = { connectTimeout: CONNECT_TIMEOUT_MS, keepAlive: KEEP_ALIVE_MS, ...(tls !== undefined && { tls }) };
  if ('url' in location) return new Redis(location.url, { ...common, ...ENDS_WHEN_LOST });
  const credentials = { ...pick(location, 'username'), ...pick(location, 'password') };
  if ('cluster' in location) {
    const redisOptions = { ...common, ...credentials, ...CLUSTER_ENDS_WHEN_LOST.redisOptions };
    return new Cluster(nodesOf(location.cluster, 6_379), { ...CLUSTER_ENDS_WHEN_LOST, redisOptions, ...(tls !== undefined && { dnsLookup: keepName }) });
  }
  const { name, database, sentinelTls } = location;
  return new Redis({
    ...common,
    ...credentials,
    ...ENDS_WHEN_LOST,
    // ioredis adds the Sentinels that it hears of to this list.
    sentinels: nodesOf(location.sentinels, 26_379),
    name,
    ...(database !== undefined && { db: database }),
    ...pick(location, 'sentinelUsername'),
    ...pick(location, 'sentinelPassword'),
    ...(sentinelTls !== undefined && { sentinelTLS: sentinelTls, enableTLSForSentinelMode: true }),
    // By default ioredis uses TLS for Redis behind Sentinel only when told so.
    ...(tls !== undefined && { enableTLSForSentinelMode: true }),
  });
}

/** Exported for tests, as above. */
export function createNodeRedisDriver({ createClient, createCluster, createSentinel }: typeof NodeRedis, location: OwnRedisLocation): RedisDriver {
  const { tls } = location;
  const socket = { connectTimeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, reconnectStrategy: false as const, ...(tls !== undefined && { ...tls, tls: true as const }) };
  if ('url' in location) return nodeRedisDriver(createClient({ url: tls === undefined ? location.url : location.url.replace(/^redis:/, 'rediss:'), disableOfflineQueue: true, socket }) as never);
  const defaults = { ...pick(location, 'username'), ...pick(location, 'password'), disableOfflineQueue: true, socket };
  if ('cluster' in location) {
    const rootNodes = nodesOf(location.cluster, 6_379).map(({ host, port }) => ({ socket: { host, port } }));
    return nodeRedisDriver(createCluster({ rootNodes, defaults }) as never);
  }
  const { sentinels, name, database, sentinelUsername, sentinelPassword, sentinelTls } = location;
  const { tls: _tls, ...plain } = socket as Record<string, unknown>;
  return nodeRedisDriver(
    createSentinel({
      name,
      sentinelRootNodes: nodesOf(sentinels, 26_379),
      nodeClientOptions: { ...defaults, ...(database !== undefined && { database }) },
      sentinelClientOptions: {
        ...(sentinelUsername !== undefined && { username: sentinelUsername }),
        ...(sentinelPassword !== undefined && { password: sentinelPassword }),
        socket: { ...(tls === undefined ? plain : { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false }), ...(sentinelTls !== undefined && { ...sentinelTls, tls: true }) } as never,
      },
    }) as never,
  );
}

const nodesOf = (nodes: readonly RedisNode[], defaultPort: number): { host: string; port: number }[] => nodes.map(({ host, port = defaultPort }) => ({ host, port }));

/** Certificates name hosts: an address that a name was resolved to would not be believed. */
const keepName = (host: string, callback: (error: null, address: string) => void): void => callback(null, host);

function pick<From extends object, Key extends PropertyKey>(from: From, key: Key): { [K in Key]?: string } {
  const value = (from as Record<PropertyKey, unknown>)[key];
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: string };
}
