import { isFinal, JobStage, RANK, type AnyJobSnapshot, type JobError } from '@notes/job-events-protocol';
import { WORKER_LOST } from '../server-errors.js';
import type { JobRecord, SuperviseOptions, SuperviseResult } from './job-store.js';
import { nextEpoch, stateWith, type Decision, type JobState } from './job-state.js';

const LOST: JobError = { code: WORKER_LOST, message: 'The worker that did this job was lost.', retryable: true };

/**
 * Decides what becomes of a job whose run sends no heartbeat (specification, section 1, rule 9). Pure.
 *
 * Only the store's clock is compared, with the run's last heartbeat or write, so a run that is back in time keeps its
 * job. One whose job was ended is told so by its next heartbeat. Jobs that no run holds are left alone: who reports
 * without a lease may be silent for as long as it likes. Jobs of a queue are never ended here, because the queue gives
 * them to another worker.
 */
export function decideSupervision(state: JobState, { stalledAfterMs, lostAfterMs = Infinity, timestamp }: SuperviseOptions, now: number): Decision<SuperviseResult> {
  const { record } = state;
  if (record?.run === undefined || isFinal(record.snapshot.status)) return { result: { outcome: 'not-held' } };
  const { run, snapshot } = record;
  const silentMs = now - run.aliveAt;
  if (silentMs < stalledAfterMs) return { result: { outcome: 'alive' } };
  if (record.queueJob === undefined) {
    // Nobody is left to answer the request.
    if (snapshot.cancelRequested) return end(state, record, { status: 'cancelled', stage: JobStage.CANCELLED }, timestamp, now);
    if (silentMs >= lostAfterMs) return end(state, record, { status: 'failed', stage: JobStage.FAILED, error: LOST }, timestamp, now);
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
