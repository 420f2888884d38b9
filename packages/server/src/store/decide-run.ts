import { isFinal, RANK, termOf, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { guessOf } from './guessed-end.js';
import type { JobRecord } from './job-record.js';
import type { Heartbeat, HeartbeatResult, RunClaim, RunStart } from './job-store.js';
import { fenceOf, isForeign, isGivenAgain, lastRunOf, nextEpoch, queueJobAfter, standingRecord, stateWith, type ClaimMark, type Decision, type JobState } from './job-state.js';

/** How far processes differ in what they take for the store's clock. */
const CLOCK_SKEW_MS = 1_000;
/** A claim that is older has been asked for before, or has waited for the store. */
const FIRST_ASKED_WITHIN_MS = 100;

/**
 * Decides how a run begins (specification, section 1, rule 1). Pure.
 *
 * A worker asks again while the store is away or its answer was lost. Asking again does not begin a second run, and a
 * worker that was taken for dead in the meantime does not overtake its successor. Only durations are compared, each on
 * one clock.
 */
export function decideBegin(state: JobState, claim: RunClaim, now: number): Decision<RunStart> {
  if (isForeign(state, claim.userId)) return { result: { outcome: 'foreign-owner' } };
  const standing = standingRecord(state);
  const isAnotherJob = isGivenAgain(standing?.queueJob, claim.queueJob);
  if (standing?.snapshot.status === 'cancelled' && !claim.rerun && !isAnotherJob) return { result: { outcome: 'cancelled', record: standing } };

  // A clock that went back shows less than what was handed out by it; a new claim is no late one for that.
  const { askedMsAgo = 0 } = claim;
  const askedAt = Math.max(now, state.fence?.epoch ?? 0) - askedMsAgo;
  const asked = { askedAt, attempt: claim.attempt };
  if (standing !== undefined && !claim.rerun && wasEndedSince(state, standing, askedAt)) return { result: { outcome: 'overtaken', record: standing } };
  const last = state.fence?.claim;
  if (standing !== undefined && last !== undefined) {
    const isAskedAgain = last.id === claim.claimId;
    if (isAskedAgain && standing.run !== undefined && standing.run.epoch === state.fence?.run) return { result: { outcome: 'begun', record: standing } };
    if (isAskedAgain && isEvicted(state, standing.snapshot)) return restore(standing, state, now);
    if (isAskedAgain ? !isReportedFromOutside(state, standing.snapshot) : isAfter(last, asked, { askedMsAgo, now })) return { result: { outcome: 'overtaken', record: standing } };
  }

  const epoch = nextEpoch(state, now);
  const record: JobRecord = {
    userId: claim.userId,
    snapshot: firstStateOfRun(claim, standing?.snapshot, epoch),
    run: { epoch, aliveAt: now },
    ...queueJobAfter(standing, claim.queueJob, 'run'),
    changedAt: now,
  };
  return { result: { outcome: 'begun', record }, next: stateWith(record, { epoch, run: epoch, ...(claim.claimId !== undefined && { claim: { id: claim.claimId, ...asked } }) }) };
}

/**
 * Says whether the last claim was made after this one. Within the skew of the clocks the claim of the later attempt is the
 * later one, and of one attempt the one that is asked for the first time: what is late has been asked before. A claim from
 * the future was stamped before the store's clock was set back, and says nothing: in doubt the run begins rather than its
 * work being left undone.
 */
function isAfter(last: Omit<ClaimMark, 'id'>, claim: Omit<ClaimMark, 'id'>, { askedMsAgo, now }: { readonly askedMsAgo: number; readonly now: number }): boolean {
  const behind = last.askedAt - claim.askedAt;
  if (behind <= 0 || last.askedAt > now + CLOCK_SKEW_MS) return false;
  if (behind > CLOCK_SKEW_MS) return true;
  const attempts = (last.attempt ?? 0) - (claim.attempt ?? 0);
  return attempts === 0 ? askedMsAgo > FIRST_ASKED_WITHIN_MS : attempts > 0;
}

/**
 * Somebody who is no run, such as whoever asks the queue, has stored how the job ended after this claim was first asked for:
 * the run that waited for the store has been done meanwhile. What was only guessed of a silent worker says nothing of it.
 */
const wasEndedSince = (state: JobState, { snapshot, changedAt }: JobRecord, askedAt: number): boolean =>
  isFinal(snapshot.status) && snapshot.version[2] > lastRunOf(state) && changedAt > askedAt + CLOCK_SKEW_MS && guessOf(snapshot) === undefined;

/** The record of the run that began last was evicted, and somebody else has reported progress since. */
const isReportedFromOutside = ({ record }: JobState, { status }: AnyJobSnapshot): boolean => record !== undefined && record.run === undefined && status === 'active';

/** The record of the run that began last was evicted, and its fence was not. */
const isEvicted = ({ record, fence }: JobState, { version, status }: AnyJobSnapshot): boolean =>
  record === undefined && version[2] === fence?.run && status === 'active';

function restore(standing: JobRecord, { fence }: JobState, now: number): Decision<RunStart> {
  const record: JobRecord = { ...standing, run: { epoch: standing.snapshot.version[2], aliveAt: now }, changedAt: now };
  return { result: { outcome: 'begun', record }, next: stateWith(record, fence ?? {}) };
}

function firstStateOfRun(claim: RunClaim, standing: AnyJobSnapshot | undefined, epoch: number): AnyJobSnapshot {
  const type = claim.type ?? standing?.type;
  const metadata = claim.metadata ?? standing?.metadata;
  return {
    jobId: claim.jobId,
    ...(type !== undefined && { type }),
    status: 'active',
    ...placeOfRun(claim, standing),
    ...(claim.message !== undefined && { message: claim.message }),
    ...(metadata !== undefined && { metadata }),
    ...(standing?.cancelRequested && { cancelRequested: true }),
    version: [attemptOfRun(claim, standing), RANK.going, epoch, 1, epoch],
    createdAt: standing?.createdAt ?? claim.createdAt,
    timestamp: claim.createdAt,
  };
}

/** A job that is queued, at first, again, or between two steps, is waiting for the attempt that it is queued as. */
const attemptOfRun = (claim: RunClaim, standing: AnyJobSnapshot | undefined): number =>
  standing === undefined ? claim.attempt : Math.max(claim.attempt, standing.version[0] + (standing.status === 'queued' ? 0 : 1));

/** A step goes on where the one before it has stopped; everything else begins at the beginning. */
function placeOfRun(claim: RunClaim, standing: AnyJobSnapshot | undefined): Pick<AnyJobSnapshot, 'stage' | 'progress'> {
  const goesOn = standing?.status === 'queued' && standing.progress > 0 && standing.version[0] === attemptOfRun(claim, standing);
  return goesOn ? { stage: standing.stage, progress: standing.progress } : { stage: claim.stage, progress: 0 };
}

/** Hands out an epoch to somebody who reports without a run (rule 2). Pure. */
export function decideTakeEpoch(state: JobState, now: number): Decision<{ epoch: number; record: JobRecord | undefined }> {
  const epoch = nextEpoch(state, now);
  return {
    result: { epoch, record: standingRecord(state) },
    next: { ...state, fence: { ...fenceOf(state), epoch } },
  };
}

/** Decides what a run's sign of life means. Pure. */
export function decideHeartbeat(state: JobState, beat: Heartbeat, now: number): Decision<HeartbeatResult> {
  const standing = standingRecord(state);
  if (lastRunOf(state) > beat.epoch) return { result: { outcome: 'overtaken' } };
  if (standing !== undefined && hasEnded(standing.snapshot, beat.epoch)) return { result: { outcome: 'overtaken' } };
  if (state.record?.run?.epoch !== beat.epoch) return { result: { outcome: 'unknown' } };
  return {
    result: { outcome: 'alive', cancelRequested: state.record.snapshot.cancelRequested === true, ...(state.record.snapshot.stalled && { stalled: true }) },
    next: { ...state, record: { ...state.record, run: { epoch: beat.epoch, aliveAt: now } } },
  };
}

/** An end of an earlier term is what a store that forgot this run may still hold. */
const hasEnded = ({ version }: AnyJobSnapshot, epoch: number): boolean =>
  version[1] !== RANK.going && Math.max(termOf(version), version[2]) >= epoch;
