import type { Pool } from 'pg';

/** Does something unless another process with the same database does something of the same name just now. */
export async function alone(pool: Pool, name: string, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtext($1)) as mine', [name]);
    if (rows[0]?.mine === true) {
      try {
        await work();
      } finally {
        await client.query('select pg_advisory_unlock(hashtext($1))', [name]);
      }
    }
    client.release();
  } catch (error) {
    // Without its connection the lock is gone as well.
    client.release(true);
    throw error;
  }
}
