import type { System } from './start-system.js';

/** Keeps notes from being saved, so that a job is under way, at 90 %, for as long as a test needs it to be. */
export async function holdBackNotes({ pool }: System): Promise<{ letThrough(): Promise<void> }> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query('lock table notes in share mode');
  return {
    async letThrough() {
      await client.query('rollback');
      client.release();
    },
  };
}
