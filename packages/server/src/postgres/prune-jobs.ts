import type { Timing } from '../timing.js';
import { FINISHED, UNFINISHED } from './job-conditions.js';

type Query = (text: string, values: readonly unknown[]) => Promise<unknown[]>;

const EVERY_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A batch holds its rows locked, and whoever wants to write one of them waits. */
const BATCH_MS = 100;
const FIRST_BATCH = 500;
const MOST_AT_ONCE = 5_000;
const NOW = `(extract(epoch from now()) * 1000)::bigint`;

export interface PruneOptions {
  readonly prefix: string;
  readonly keptForMs: number;
  readonly timing: Timing;
  readonly onPruneFailed: (error: unknown) => void;
}

/**
 * Deletes the jobs that nobody has touched for long, about once an hour, each process at its own time, in batches of about
 * 100 ms, until none is left. Returns how to stop it.
 */
export function pruneJobs(query: Query, { prefix, keptForMs, timing, onPruneFailed }: PruneOptions): () => void {
  let isStopped = false;

  async function pruneBatches(due: string, size = FIRST_BATCH): Promise<void> {
    const begun = timing.monotonic();
    const deleted = await query(`delete from ${prefix}jobs where job_id in (select job_id from ${prefix}jobs where ${due} limit $2 for update skip locked) returning 1`, [keptForMs, size]);
    if (deleted.length === size && !isStopped) await pruneBatches(due, sizeAfter(size, timing.monotonic() - begun));
  }

  async function prune(): Promise<void> {
    await pruneBatches(`${FINISHED} and touched_at < ${NOW} - $1::bigint`);
    // Of what has not ended the minute is indexed.
    await pruneBatches(`${UNFINISHED} and touched_minute <= (${NOW} - $1::bigint) / ${MINUTE_MS} and touched_at < ${NOW} - $1::bigint`);
  }

  const pruneLater = (): unknown =>
    timing.setTimeout(() => {
      timer = pruneLater();
      prune().catch(onPruneFailed);
    }, EVERY_MS * (0.5 + Math.random()));
  let timer = pruneLater();
  return () => {
    isStopped = true;
    timing.clearTimeout(timer);
  };
}

function sizeAfter(size: number, tookMs: number): number {
  if (tookMs > BATCH_MS) return Math.ceil(size / 2);
  return tookMs < BATCH_MS / 2 ? Math.min(MOST_AT_ONCE, size * 2) : size;
}
