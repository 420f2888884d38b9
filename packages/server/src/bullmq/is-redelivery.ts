import type { JobRecord } from '../store/job-store.js';
import type { BullJob } from './bull-job.js';

/**
 * Whether BullMQ hands a job out again although it was done: its worker stored the end and was lost before it told
 * the queue. The queue then counts a stall, and no attempt. A job that somebody has retried by hand was counted as ended
 * first; where its counters were set back, it still has not stalled. A record of a job that was created at another time
 * is that of another job.
 *
 * BullMQ keeps nothing by which to tell the two apart when a job had stalled before it was done and is then retried by
 * hand. It is taken for a redelivery: work that is done is not done twice. `rerun` says otherwise.
 */
export function isRedelivery(job: BullJob, record: Pick<JobRecord, 'snapshot' | 'queueJob'> | undefined): boolean {
  if (record?.snapshot.status !== 'completed') return false;
  if (record.queueJob !== undefined && record.queueJob.createdAt !== job.timestamp) return false;
  const [attempt] = record.snapshot.version;
  return (job.stalledCounter ?? 0) > 0 && job.attemptsMade + 1 <= attempt;
}
