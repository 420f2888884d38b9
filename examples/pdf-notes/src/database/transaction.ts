import type { Pool, PoolClient } from 'pg';

/** Runs `work` in one transaction: all of it is stored, or, when it throws, nothing. */
export async function inTransaction<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // Throwing the connection away rolls back, even where the connection itself is what broke.
    client.release(true);
    throw error;
  }
}
