import type { Timing } from '../timing.js';

type Query = (text: string, values: readonly unknown[]) => Promise<unknown[]>;

const EVERY_MS = 3_600_000;
const MOST_AT_ONCE = 1_000;

/**
 * Deletes the jobs that nobody has touched for long, about once an hour, each process at its own time. Returns how to
 * stop it.
 */
export function pruneJobs(
  query: Query,
  { prefix, keptForMs, timing, onPruneFailed }: { prefix: string; keptForMs: number; timing: Timing; onPruneFailed: (error: unknown) => void },
): () => void {
  const prune = async (): Promise<void> => {
    const deleted = await query(
      `delete from ${prefix}jobs where job_id in (
         select job_id from ${prefix}jobs
         where touched_at < extract(epoch from clock_timestamp()) * 1000 - $1::bigint
         limit ${MOST_AT_ONCE} for update skip locked
       ) returning 1`,
      [keptForMs],
    );
    if (deleted.length === MOST_AT_ONCE) await prune();
  };
  const pruneLater = (): unknown =>
    timing.setTimeout(() => {
      timer = pruneLater();
      prune().catch(onPruneFailed);
    }, EVERY_MS * (0.5 + Math.random()));
  let timer = pruneLater();
  return () => timing.clearTimeout(timer);
}
