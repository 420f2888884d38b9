import type { ConnectionOptions } from 'node:tls';
import { JobEventsServerError } from '../server-errors.js';
import type { RedisClient } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';

export interface RedisNode {
  readonly host: string;
  /** Default: 6379, of a Sentinel 26379. */
  readonly port?: number;
}

/** One server, or a name that leads to it. */
export interface RedisUrl {
  /** `redis://user:password@host:6379/0`, or `rediss://` for TLS. */
  readonly url: string;
  /** Options of TLS, such as `ca`. They turn TLS on. */
  readonly tls?: ConnectionOptions;
}

/** A primary that Sentinel watches, and whoever succeeds it. */
export interface RedisSentinels {
  /** The Sentinels. One that answers is enough. */
  readonly sentinels: readonly RedisNode[];
  /** What the Sentinels call the primary, such as `mymaster`. */
  readonly name: string;
  readonly username?: string;
  readonly password?: string;
  /** The number of the database. Default: 0. */
  readonly database?: number;
  /** Of the connections to Redis. They turn TLS on. */
  readonly tls?: ConnectionOptions;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** Of the connections to the Sentinels. They turn TLS on. */
  readonly sentinelTls?: ConnectionOptions;
}

/** A Redis Cluster. */
export interface RedisClusterNodes {
  /** Some of its nodes; the others are found. */
  readonly cluster: readonly RedisNode[];
  readonly username?: string;
  readonly password?: string;
  /** They turn TLS on. */
  readonly tls?: ConnectionOptions;
}

type OneOf<Kinds, Kind = Kinds> = Kind extends unknown ? Kind & { readonly [Key in Exclude<Kinds extends unknown ? Choice & keyof Kinds : never, keyof Kind>]?: never } : never;
type Choice = 'url' | 'sentinels' | 'cluster' | 'client' | 'connection';

/** Where the library opens connections itself. */
export type OwnRedisLocation = RedisUrl | RedisSentinels | RedisClusterNodes;

/**
 * Where Redis is: a `url`, `sentinels`, the nodes of a `cluster`, or a `client` of `ioredis` or `redis` of the
 * application's, of any of these kinds. `connection` is for what shares the connection of another part of this package.
 */
export type RedisLocation = OneOf<OwnRedisLocation | { readonly client: RedisClient } | { readonly connection: RedisConnection }>;

/** @throws JobEventsServerError `INVALID_OPTIONS` unless exactly one kind is given. */
export function checkLocation(location: RedisLocation | undefined): void {
  const { url, sentinels, name, cluster, client, connection } = (location ?? {}) as Partial<RedisUrl & RedisSentinels & RedisClusterNodes & { client: unknown; connection: unknown }>;
  // Without any, a client would take whatever listens on this machine.
  const given = [url, sentinels, cluster, client, connection].filter((value) => value !== undefined && value !== null && value !== '').length;
  if (given === 0)
    throw new JobEventsServerError('INVALID_OPTIONS', 'Say where Redis is: url, such as redis://host:6379, sentinels, cluster or client. Is a variable of the environment not set?');
  if (given > 1) throw new JobEventsServerError('INVALID_OPTIONS', 'Say only once where Redis is: give one of url, sentinels, cluster and client.');
  if (client !== undefined && client !== null && typeof (client as { on?: unknown }).on !== 'function')
    throw new JobEventsServerError('INVALID_OPTIONS', 'client is no client of ioredis or redis: give what new Redis(url) or createClient({ url }) returned.');
  if (url !== undefined && !/^rediss?:\/\//.test(url)) throw new JobEventsServerError('INVALID_OPTIONS', 'The url has to begin with redis:// or rediss://.');
  if (sentinels !== undefined && !name) throw new JobEventsServerError('INVALID_OPTIONS', 'Give name with sentinels: what they call the primary, such as mymaster.');
  for (const [option, nodes] of Object.entries({ sentinels, cluster }))
    if (nodes !== undefined && !(nodes.length > 0 && nodes.every(({ host }) => host)))
      throw new JobEventsServerError('INVALID_OPTIONS', `${option}: give at least one node, each as { host, port }.`);
}
