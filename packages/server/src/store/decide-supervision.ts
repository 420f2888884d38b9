import { isFinal, JobStage, RANK, type AnyJobSnapshot, type JobError } from '@notes/job-events-protocol';
import { WORKER_LOST } from '../server-errors.js';
import type { JobRecord } from './job-record.js';
import type { SuperviseOptions, SuperviseResult } from './job-store.js';
import { nextEpoch, stateWith, type Decision, type JobState } from './job-state.js';

const LOST: JobError = { code: WORKER_LOST, message: 'The worker that did this job was lost.', retryable: true };

/**
 * Marks or ends a job whose run was seen to send no heartbeat for too long (specification, section 1.3, rule 9). Pure.
 *
 * No clock is compared: a run that has sent a heartbeat or written since it was seen keeps its job. One whose job was
 * ended is told so by its next heartbeat. Jobs that no run holds are left alone: who reports without a lease may be silent
 * for as long as it likes. Jobs of a queue are never ended here, because the queue gives them to another worker.
 */
export function decideSupervision(state: JobState, { run, as, timestamp }: SuperviseOptions, now: number): Decision<SuperviseResult> {
  const { record } = state;
  if (record?.run === undefined || isFinal(record.snapshot.status)) return { result: { outcome: 'not-held' } };
  if (record.run.epoch !== run.epoch || record.run.aliveAt !== run.aliveAt) return { result: { outcome: 'alive' } };
  const { snapshot } = record;
  if (record.queueJob === undefined && as !== 'stalled') {
    // Nobody is left to answer the request.
    if (snapshot.cancelRequested) return end(state, record, { status: 'cancelled', stage: JobStage.CANCELLED }, timestamp, now);
    if (as === 'lost') return end(state, record, { status: 'failed', stage: JobStage.FAILED, error: LOST }, timestamp, now);
  }
  if (snapshot.stalled) return { result: { outcome: 'stalled-before' } };
  const marked: JobRecord = { ...record, snapshot: { ...snapshot, stalled: true }, changedAt: now };
  return { result: { outcome: 'stalled', record: marked }, next: { ...state, record: marked } };
}

type EndOfLostRun = Pick<AnyJobSnapshot, 'status' | 'stage' | 'error'>;

function end(state: JobState, record: JobRecord, lost: EndOfLostRun, timestamp: string, now: number): Decision<SuperviseResult> {
  const { run: _run, ...kept } = record;
  const { message: _message, error: _error, cancelRequested: _asked, stalled: _stalled, delayedUntil: _until, ...standing } = record.snapshot;
  const epoch = nextEpoch(state, now);
  const snapshot: AnyJobSnapshot = { ...standing, ...lost, version: [standing.version[0], RANK.final, epoch, 1, epoch], timestamp };
  const ended: JobRecord = { ...kept, snapshot, changedAt: now };
  return { result: { outcome: 'ended', record: ended }, next: stateWith(ended, { ...state.fence, epoch, run: epoch }) };
}
