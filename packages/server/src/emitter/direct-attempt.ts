import { isFinal, RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { End, ProgressReport } from './payload-schemas.js';

/**
 * Which attempt progress from outside a run belongs to (specification, section 1, rule 2): the one that is going on;
 * after `retrying`, or where a greater one is said, the next. `undefined`: it is outdated. Pure.
 */
export function attemptOfProgress(current: AnyJobSnapshot | undefined, report: Pick<ProgressReport, 'attempt' | 'rerun'>): number | undefined {
  const { attempt } = report;
  if (current === undefined) return attempt ?? 1;
  // By index: taken apart as a list it would cost more than everything else here.
  const last = current.version[0];
  const rank = current.version[1];
  if (attempt !== undefined && attempt !== last) return attempt > last ? attempt : undefined;
  if (rank === RANK.going) return last;
  if (isFinal(current.status)) return report.rerun && attempt === undefined ? last + 1 : undefined;
  return attempt === undefined ? last + 1 : undefined;
}

/**
 * As which attempt a job is queued again: a greater one than the last, if that has ended; with `requeue` the last one, if
 * it is active, or waits until another time than is said now. `undefined`: it stays as it is, because somebody is at it
 * already or has been since. Pure.
 */
export function attemptOfQueued(
  current: AnyJobSnapshot | undefined,
  { attempt, rerun = false, requeue = false, delayedUntil }: { attempt: number; rerun?: boolean | undefined; requeue?: boolean | undefined; delayedUntil?: string | undefined },
): number | undefined {
  if (current === undefined) return attempt;
  const [last, rank] = current.version;
  const isDelayedAnew = current.status === 'queued' && delayedUntil !== undefined && delayedUntil !== current.delayedUntil;
  if (requeue && attempt === last && (current.status === 'active' || isDelayedAnew)) return attempt;
  if (rank === RANK.going || attempt <= last) return undefined;
  return current.status === 'cancelled' && !rerun ? undefined : attempt;
}

/** Which attempt an end from outside a run ends; without a number the current one. `undefined`: it is outdated, or has ended. Pure. */
export function attemptOfEnd(current: AnyJobSnapshot | undefined, attempt: number | undefined): number | undefined {
  const last = current?.version[0] ?? 1;
  if (attempt !== undefined && attempt > last) return attempt;
  const isOver = (attempt !== undefined && attempt < last) || (current !== undefined && isFinal(current.status));
  return isOver ? undefined : last;
}

/** Whether this attempt is known to be tried again for this reason: several processes see that a worker is lost. Pure. */
export function isKnownRetry(current: AnyJobSnapshot | undefined, attempt: number, end: End): boolean {
  if (current?.status !== 'retrying' || end.status !== 'retrying' || current.version[0] !== attempt) return false;
  const delayedUntil = end.delayedUntil && new Date(end.delayedUntil).toISOString();
  return current.error?.code === end.error.code && current.error.message === end.error.message && current.delayedUntil === delayedUntil;
}
