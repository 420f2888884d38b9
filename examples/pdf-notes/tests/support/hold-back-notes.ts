import type { System } from './start-system.js';

export interface HeldBackNotes extends AsyncDisposable {
  /** Only the first call does something. */
  letThrough(): Promise<void>;
}

/** Keeps notes from being saved, so that a job is under way, at 90 %, for as long as a test needs it to be. */
export async function holdBackNotes({ pool }: System): Promise<HeldBackNotes> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query('lock table notes in share mode');
  let isHeld = true;
  const letThrough = async (): Promise<void> => {
    if (!isHeld) return;
    isHeld = false;
    await client.query('rollback');
    client.release();
  };
  return { letThrough, [Symbol.asyncDispose]: letThrough };
}
