import { isFinal } from '@notes/job-events-protocol';

import type { JobRecord } from '../store/job-record.js';
import { attemptNumberOf } from './attempt-number.js';
import type { BridgedJob } from './bridged-queue.js';
import { cancelledReason, failureFromReason, STALLED, VANISHED, type Failure } from './queue-errors.js';
import type { WaitingJob } from './waiting-jobs.js';

/** What a queue knows of the job that a record names. */
export type QueueFact = { readonly kind: 'gone' } | { readonly kind: 'found'; readonly state: string; readonly job: BridgedJob };

/** What has to be reported so that the record says what the queue says. */
export type Correction =
  | { readonly kind: 'none' }
  | { readonly kind: 'completed'; readonly result: unknown; readonly finishedOn: number | undefined }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly finishedOn: number | undefined }
  | { readonly kind: 'retrying'; readonly failure: Failure }
  /** As this attempt. */
  | { readonly kind: 'queued'; readonly attempt: number }
  | { readonly kind: 'cancelled' };

const NONE: Correction = { kind: 'none' };

/**
 * Compares an unfinished record with its queue, which is the truth. Pure.
 *
 * A job that the queue no longer has was removed: while it waited it was cancelled. One that was active has ended, and its
 * end is no longer known (`VANISHED`). A step that is done or gone has let the job go: it waits for its next step. A flow's
 * parent that its worker has moved to its children in mid-run is queued while they work.
 */
export function correctionOf({ snapshot, run, queueJob }: Pick<JobRecord, 'snapshot' | 'run' | 'queueJob'>, fact: QueueFact): Correction {
  if (isFinal(snapshot.status)) return NONE;
  const [attempt] = snapshot.version;
  const isDone = fact.kind === 'gone' || fact.state === 'completed';
  if (queueJob?.isStep === true && isDone) return snapshot.status === 'active' ? letGo(attempt, run !== undefined) : NONE;
  if (fact.kind === 'gone') {
    const isCancelled = snapshot.status !== 'active' || snapshot.cancelRequested === true;
    return isCancelled ? { kind: 'cancelled' } : { kind: 'failed', failure: { error: VANISHED }, finishedOn: undefined };
  }
  const { state, job } = fact;
  switch (state) {
    case 'completed':
      return { kind: 'completed', result: job.returnvalue ?? null, finishedOn: job.finishedOn };
    case 'failed':
      return job.failedReason === cancelledReason(snapshot.jobId) ? { kind: 'cancelled' } : { kind: 'failed', failure: failureFromReason(job.failedReason), finishedOn: job.finishedOn };
    case 'waiting':
    case 'prioritized':
    case 'delayed':
    case 'paused':
      return snapshot.status === 'active' ? waitsInQueue(attempt, run !== undefined, job) : NONE;
    case 'waiting-children':
      // One that no worker has had is shown as what its children report.
      if (!job.processedOn) return NONE;
      if (snapshot.status === 'active') return waitsInQueue(attempt, run !== undefined, job);
      return snapshot.status === 'retrying' ? { kind: 'queued', attempt: Math.max(attempt + 1, attemptNumberOf(job)) } : NONE;
    default:
      return NONE;
  }
}

/** A waiting job of the queue was removed, without which the job does not go on. Pure. */
export const removalOf = ({ snapshot }: Pick<JobRecord, 'snapshot'>): Correction =>
  isFinal(snapshot.status) || (snapshot.status === 'active' && snapshot.cancelRequested !== true) ? NONE : { kind: 'cancelled' };

/** A job that is shown as active waits in its queue: its attempt has failed, its worker was lost, or let it go. */
function waitsInQueue(attempt: number, isHeld: boolean, job: BridgedJob): Correction {
  const hasEnded = attemptNumberOf(job) > attempt;
  const hasFailed = job.attemptsMade > 0 && typeof job.failedReason === 'string' && job.failedReason !== '';
  if (hasEnded && hasFailed) return { kind: 'retrying', failure: failureFromReason(job.failedReason) };
  return letGo(attempt, hasEnded || isHeld);
}

/** Where a record names a job of a queue, that one alone decides. Where it names none, or a step, a child of a flow does not: it is a part of the job. Pure. */
export const decidesAbout = ({ queueJob, isChild }: Omit<WaitingJob, 'jobId'>, { queueJob: named }: Pick<JobRecord, 'queueJob'>): boolean =>
  named === undefined || named.isStep === true ? !isChild : named.queue === queueJob.queue && named.id === queueJob.id && !isLaterJob(named.createdAt, { timestamp: queueJob.createdAt });

/** Nobody works on the job now, and another worker goes on. One that a run still holds has lost its worker. */
const letGo = (attempt: number, isHeld: boolean): Correction => (isHeld ? { kind: 'retrying', failure: { error: STALLED } } : { kind: 'queued', attempt });

/**
 * Whether the queue's job is a later one with the id of the one that a record names. A creation time that is earlier than
 * the record says belongs to the same job: a queue that deduplicates answers `add` with the id of the earlier job.
 */
export const isLaterJob = (createdAt: number, job: Pick<BridgedJob, 'timestamp'>): boolean => job.timestamp > createdAt;
