import { Pool } from 'pg';
import type { Logger } from 'pino';

/**
 * A pool of connections to PostgreSQL. A connection that breaks while it is idle is logged and replaced by the next
 * query: without a listener, `pg` would end the process.
 */
export function openPool(connectionString: string, logger: Logger): Pool {
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 5_000 });
  pool.on('error', (error) => logger.warn({ err: error }, 'An idle connection to PostgreSQL was lost'));
  return pool;
}
