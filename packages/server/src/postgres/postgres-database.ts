import pg from 'pg';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';

/**
 * Where PostgreSQL is: a connection string, a pool of the application's, or what others of this package use already. Only
 * what is opened for a `url` is closed by us.
 */
export type PostgresLocation =
  | { readonly url: string; readonly pool?: never; readonly database?: never }
  | { readonly pool: pg.Pool; readonly url?: never; readonly database?: never }
  | { readonly database: PostgresDatabase; readonly url?: never; readonly pool?: never };

/** PostgreSQL, supervised: no loss of a connection throws into the process. */
export interface PostgresDatabase {
  /** One statement on some connection. Rejects after 10 s without an answer. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** A connection of one's own, not opened yet. Its `error` events are the caller's. */
  newClient(): pg.Client;
  /** Closes the pool that was opened here. Idempotent. */
  close(): Promise<void>;
}

const QUERY_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

export function openPostgres(location: PostgresLocation, onError: OnError): PostgresDatabase {
  // Shared: whoever opened it closes it.
  if (location.database !== undefined) return { ...location.database, close: async () => {} };
  // Without either, `pg` would take whatever listens on this machine.
  if (!location.url && !location.pool)
    throw new JobEventsServerError('INVALID_OPTIONS', 'Say where PostgreSQL is: url, such as postgres://user:password@host/database, or pool. Is a variable of the environment not set?');
  const ownPool = location.pool === undefined ? new pg.Pool(optionsFor(location.url)) : undefined;
  const pool = location.pool ?? ownPool!;
  // Without a listener the loss of an idle connection would end the process.
  const onLost = (cause: Error): void =>
    onError(new JobEventsServerError('CONNECTION_LOST', `A connection to PostgreSQL was lost: ${cause.message}`, { cause }));
  pool.on('error', onLost);
  let isClosed = false;
  return {
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const config = { text, query_timeout: QUERY_TIMEOUT_MS, ...(values.length > 0 && { values: [...values] }) };
      return (await pool.query(config)).rows as Row[];
    },
    newClient: () => new pg.Client(pool.options),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await ownPool?.end();
      // A pool of the application's keeps our listener out of its life from here on.
      if (ownPool === undefined) pool.off('error', onLost);
    },
  };
}

const optionsFor = (url: string): pg.PoolConfig => ({
  connectionString: url,
  max: 5,
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  application_name: 'job-events',
  allowExitOnIdle: true,
});
