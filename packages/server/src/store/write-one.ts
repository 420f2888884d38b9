import type { JobStore, StateWrite, WriteResult } from './job-store.js';

/** Writes one state. Rejects when it could not be decided. */
export async function writeOne(store: JobStore, write: StateWrite): Promise<WriteResult> {
  const [result] = await store.write([write]);
  if (result!.outcome === 'failed') throw result!.cause;
  return result!;
}
