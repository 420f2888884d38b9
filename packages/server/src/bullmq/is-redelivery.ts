import type { AnyJobSnapshot } from '@notes/job-events-protocol';

import type { BullJob } from './bull-job.js';

/**
 * Says whether BullMQ hands a job out again although it was done: its worker stored the end and was lost before it told
 * the queue. The queue then counts a stall, and no try. A job that somebody has retried by hand was counted as ended
 * first; where its counters were set back, it still has not stalled.
 *
 * BullMQ keeps nothing by which to tell the two apart when a job had stalled before it was done and is then retried by
 * hand. It is taken for a redelivery: work that is done is not done twice. `rerun` says otherwise.
 */
export function isRedelivery(job: BullJob, standing: AnyJobSnapshot | undefined): boolean {
  if (standing?.status !== 'completed') return false;
  const [attempt] = standing.version;
  return (job.stalledCounter ?? 0) > 0 && job.attemptsMade + 1 <= attempt;
}
