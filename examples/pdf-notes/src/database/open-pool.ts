import { Pool } from 'pg';
import type { Logger } from 'pino';

/**
 * A pool of connections to PostgreSQL. A connection that breaks is replaced by the next query, and logged: without a
 * listener, `pg` would end the process. The pool listens to those that are idle only; one that somebody holds, and that
 * has no query under way just then, fails its next query.
 */
export function openPool(connectionString: string, logger: Logger): Pool {
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 5_000 });
  pool.on('error', (error) => logger.warn({ err: error }, 'An idle connection to PostgreSQL was lost'));
  pool.on('connect', (client) => client.on('error', (error) => logger.debug({ err: error }, 'A connection to PostgreSQL was lost')));
  return pool;
}
