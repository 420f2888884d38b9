import { isFinal, JobStage, QUEUED_VERSION, RANK, withTerm, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { JobRecord, NewJob } from './job-record.js';
import type { CancelOptions, CancelResult } from './job-store.js';
import { fenceOf, isForeign, isGivenAgain, namesWholeJob, nextEpoch, queueJobAfter, standingRecord, stateWith, type Decision, type JobState } from './job-state.js';

/** Decides whether an accepted job is new (specification, section 1, rule 3). Pure. */
export function decideInsert(state: JobState, job: NewJob, now: number): Decision<JobRecord | undefined> {
  if (isForeign(state, job.userId)) return { result: undefined };
  const standing = standingRecord(state);
  if (standing !== undefined) return nameQueueJob(state, standing, job);
  const snapshot: AnyJobSnapshot = {
    jobId: job.jobId,
    ...(job.type !== undefined && { type: job.type }),
    status: 'queued',
    stage: JobStage.QUEUED,
    progress: 0,
    ...(job.message !== undefined && { message: job.message }),
    ...(job.metadata !== undefined && { metadata: job.metadata }),
    ...(job.delayedUntil !== undefined && { delayedUntil: job.delayedUntil }),
    version: withTerm(QUEUED_VERSION, nextEpoch(state, now)),
    createdAt: job.createdAt,
    timestamp: job.createdAt,
  };
  const record: JobRecord = { userId: job.userId, snapshot, ...queueJobAfter(undefined, job.queueJob, 'outside'), changedAt: now };
  return { result: record, next: stateWith(record, state.fence ?? {}) };
}

/**
 * A job may be announced after its worker has begun it: who announces it knows the job of the queue that is the whole. Or
 * the queue has lost it, and was given it again.
 */
function nameQueueJob(state: JobState, standing: JobRecord, { queueJob }: NewJob): Decision<JobRecord> {
  const isNews = queueJob !== undefined && queueJob.isStep !== true && (!namesWholeJob(standing) || isGivenAgain(standing.queueJob, queueJob));
  if (!isNews || state.record === undefined || isFinal(standing.snapshot.status)) return { result: standing };
  const record: JobRecord = { ...standing, queueJob };
  return { result: record, next: { ...state, record } };
}

/** Decides who ends a job that somebody wants cancelled: its run, or the store itself. Pure. */
export function decideCancel(state: JobState, { silentAfterMs, timestamp, userId }: CancelOptions, now: number): Decision<CancelResult> {
  const { record } = state;
  if (record === undefined || (userId !== undefined && record.userId !== userId)) return { result: { outcome: 'unknown' } };
  if (isFinal(record.snapshot.status)) return { result: { outcome: 'ended', record } };

  // A sign of life from the future was stamped before the store's clock was set back; a living run soon gives another.
  if (record.run !== undefined && Math.abs(now - record.run.aliveAt) <= silentAfterMs) {
    if (record.snapshot.cancelRequested) return { result: { outcome: 'requested', record } };
    const requested: JobRecord = { ...record, snapshot: { ...record.snapshot, cancelRequested: true }, changedAt: now };
    return { result: { outcome: 'requested', record: requested }, next: stateWith(requested, fenceOf(state)) };
  }

  const epoch = nextEpoch(state, now);
  const { run: _run, ...kept } = record;
  const cancelled: JobRecord = { ...kept, snapshot: cancelledState(record.snapshot, epoch, timestamp), changedAt: now };
  return { result: { outcome: 'cancelled', record: cancelled }, next: stateWith(cancelled, { ...fenceOf(state), epoch }) };
}

function cancelledState(standing: AnyJobSnapshot, epoch: number, timestamp: string): AnyJobSnapshot {
  const { message: _message, error: _error, cancelRequested: _asked, delayedUntil: _until, stalled: _stalled, ...kept } = standing;
  return { ...kept, status: 'cancelled', stage: JobStage.CANCELLED, version: [standing.version[0], RANK.final, epoch, 1, epoch], timestamp };
}
