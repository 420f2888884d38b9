import type { QueueJob } from '../store/job-record.js';

/** A job of BullMQ that has been added to its queue. Every `Job` and `SandboxedJob` of BullMQ 5 and 6 fits. */
export interface AddedBullJob {
  readonly id?: string | undefined;
  readonly queueName: string;
  readonly queueQualifiedName?: string | undefined;
  readonly timestamp: number;
}

/**
 * What identifies a job of BullMQ beyond the life of its queue: the queue with BullMQ's prefix, the id, the creation time.
 * Give it to `accepted` and `emitQueued` as `queueJob`, so that `reconcileQueue` finds the job from its record.
 *
 * @throws TypeError for a job that has not been added to the queue.
 */
export function queueJobOf({ id, queueName, queueQualifiedName = queueName, timestamp }: AddedBullJob): QueueJob {
  if (id === undefined || id === '') throw new TypeError(`A job of the queue '${queueName}' has no id yet: add it to the queue first.`);
  return { queue: queueQualifiedName, id, createdAt: timestamp };
}

/** The same as it stands when a run of the job begins. */
export const queueJobOfRun = (job: AddedBullJob & { readonly stalledCounter?: number | undefined }): QueueJob => ({ ...queueJobOf(job), stalledCounter: job.stalledCounter ?? 0 });

/** The same where it is not known whether this job of the queue is the whole: it does not take the place of the one that a record names. */
export const queueJobOrStepOf = (job: AddedBullJob): QueueJob => ({ ...queueJobOf(job), isStep: true });
