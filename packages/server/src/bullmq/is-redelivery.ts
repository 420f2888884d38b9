import type { JobRecord } from '../store/job-record.js';
import type { BullJob } from './bull-job.js';

/**
 * Whether BullMQ hands a job out again although it was done: its worker stored the end and was lost before it told
 * the queue. The queue then counts a stall, and no attempt. A job that somebody has retried by hand has not stalled since
 * the run that did it began. A record of a job that was created at another time is that of another job.
 *
 * A record that does not say how often the job had stalled when it was begun is of a run that began while the store was
 * away, or of an earlier version. There any stall counts: work that is done is not done twice. `rerun` says otherwise.
 */
export function isRedelivery(job: BullJob, record: Pick<JobRecord, 'snapshot' | 'queueJob'> | undefined): boolean {
  if (record?.snapshot.status !== 'completed') return false;
  if (record.queueJob !== undefined && record.queueJob.createdAt !== job.timestamp) return false;
  const [attempt] = record.snapshot.version;
  return (job.stalledCounter ?? 0) > (record.queueJob?.stalledCounter ?? 0) && job.attemptsMade + 1 <= attempt;
}
