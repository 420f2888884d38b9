import { readdir, readFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import { inTransaction } from './transaction.js';

const MIGRATIONS = new URL('../../migrations/', import.meta.url);

/** Any number, the same in every process: who holds it may migrate. */
const MIGRATION_LOCK = 7_201_933;

/**
 * Brings the database to the newest shape: applies the files of `migrations/` that it has not seen, in the order of
 * their names. Processes that start together take turns.
 */
export async function migrate(pool: Pool): Promise<void> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  await inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    const { rows } = await client.query<{ name: string }>('select name from migrations');
    const applied = new Set(rows.map((row) => row.name));
    for (const name of names) {
      if (applied.has(name)) continue;
      await client.query(await readFile(new URL(name, MIGRATIONS), 'utf8'));
      await client.query('insert into migrations (name) values ($1)', [name]);
    }
  });
}
