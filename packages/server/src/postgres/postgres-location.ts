import pg from 'pg';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import type { PostgresDatabase } from './postgres-database.js';
import type { StatementLimits } from './statement-limits.js';

/** Options of a `pg` pool, such as `ssl`, `max`, `keepAlive`, `statement_timeout`. What stands in the URL wins, as with `pg` itself. */
export type PostgresPoolOptions = Omit<pg.PoolConfig, 'connectionString' | 'Client' | 'Promise' | 'query_timeout' | 'pipeline'>;

/**
 * Where PostgreSQL is: a connection string, a pool of the application's, or what others of this package use already. Only
 * what is opened for a `url` is closed by us.
 */
export type PostgresLocation =
  | { readonly url: string; readonly poolOptions?: PostgresPoolOptions; readonly pool?: never; readonly database?: never }
  | { readonly pool: pg.Pool; readonly url?: never; readonly poolOptions?: never; readonly database?: never }
  | { readonly database: PostgresDatabase; readonly url?: never; readonly poolOptions?: never; readonly pool?: never };

/** How long a statement takes at most. Less than what we wait for its answer, so that the server ends it and says why. */
export const STATEMENT_LIMITS: StatementLimits = { statementMs: 9_000, lockMs: 3_000 };

const CONNECT_TIMEOUT_MS = 5_000;

/** The options of the pool that is opened for a URL. */
export const poolConfigFor = (url: string, options: PostgresPoolOptions = {}): pg.PoolConfig => ({
  max: 5,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  application_name: 'job-events',
  allowExitOnIdle: true,
  statement_timeout: STATEMENT_LIMITS.statementMs,
  lock_timeout: STATEMENT_LIMITS.lockMs,
  ...options,
  ...(options.password !== undefined && { password: options.password }),
  connectionString: url,
});

/** The options of the connection that listens. Without limits of statements: it may go through a pooler in session mode. */
export const listenConfigFor = (poolConfig: pg.PoolConfig, listenUrl: string | undefined): pg.ClientConfig => ({
  ...withoutStartupLimits(poolConfig),
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  ...(listenUrl !== undefined && { connectionString: listenUrl }),
});

/** For poolers, which refuse startup parameters that they do not know. */
export function withoutStartupLimits<Config extends pg.ClientConfig>(config: Config): Config {
  const { statement_timeout: _statement, lock_timeout: _lock, ...rest } = config;
  return { ...rest, ...(config.password !== undefined && { password: config.password }) } as Config;
}

/** `user@host:port/database`, for people. Never the password. */
export function addressOf(config: pg.ClientConfig): string {
  const client = new pg.Client(config);
  return `${client.user ?? ''}@${client.host}:${client.port}/${client.database ?? ''}`;
}

/** @throws JobEventsServerError `INVALID_OPTIONS` where nothing is given, or what is no database. */
export function checkLocation(location: PostgresLocation | undefined): void {
  const { url, pool, database } = location ?? ({} as PostgresLocation);
  // Without any, `pg` would take whatever listens on this machine.
  if (!url && !pool && !database)
    throw new JobEventsServerError('INVALID_OPTIONS', 'Say where PostgreSQL is: url, such as postgres://user:password@host/database, or pool. Is a variable of the environment not set?');
  if (pool && typeof pool.connect !== 'function') throw new JobEventsServerError('INVALID_OPTIONS', 'pool is no pool of pg: give what new Pool({ connectionString }) returned.');
  if (url !== undefined) checkUrl('url', url);
}

const OTHER_DATABASE = /^(?!postgres(?:ql)?:|socket:)([a-z][a-z0-9+.-]*):\/\//i;

/** Refuses at once what could not be used later. `name`: of the option. */
export function checkUrl(name: string, url: string): void {
  const [, scheme] = OTHER_DATABASE.exec(url) ?? [];
  if (scheme !== undefined) throw new JobEventsServerError('INVALID_OPTIONS', `${name} begins with ${scheme}://, which is no PostgreSQL. Give one such as postgres://user:password@host:5432/database.`);
  let host: string;
  try {
    host = new pg.Client({ connectionString: url }).host;
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_INVALID_URL') throw new JobEventsServerError('INVALID_OPTIONS', `${name}: ${messageOf(cause)}`, { cause });
    // Without the cause: it may hold the URL, and with it the password.
    throw new JobEventsServerError('INVALID_OPTIONS', `${name} is no connection string. Give one such as postgres://user:password@host:5432/database; characters such as @ or / in a password are written %40 and %2F. node-postgres takes one host only.`);
  }
  if (host.includes(',')) {
    throw new JobEventsServerError('INVALID_OPTIONS', `${name} names several hosts ('${host}'). node-postgres takes one: give the address that leads to the primary (a proxy, a virtual IP, the writer endpoint).`);
  }
}
