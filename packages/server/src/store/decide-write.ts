import { applySnapshot, compareVersions, isFinal, isNewer, RANK, termOf, withTerm, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { JobRecord, JobRunHold } from './job-record.js';
import type { StateWrite, WriteResult } from './job-store.js';
import { fenceOf, isForeign, isGivenAgain, lastRunOf, queueJobAfter, standingRecord, stateWith, type Decision, type JobState } from './job-state.js';

/**
 * Decides whether a state that a reporter wants to store becomes the current one (specification, section 1.3). Pure;
 * every store applies it, or something that the conformance suite cannot tell from it, in one atomic step.
 *
 * - The first owner stays.
 * - Of runs, only the one that began last is believed. A store that has forgotten the fence believes the run that
 *   speaks, and the fence stands again; a run that began later moves it further.
 * - Progress from outside gives way to a run that holds the job; an end from outside does not.
 * - A cancelled job is reopened by nothing but `rerun`, and by a later job that its queue was given under the same id.
 * - An end from outside of an earlier job of the queue does not end a later one that was given the same id.
 * - Of two terminal states of one attempt the first stays.
 * - Otherwise the order of states decides, and what is stored already has been stored: a lost acknowledgement is no lost race.
 *
 * The store sets the term of what it accepts: what it stores is newer than everything it stored before. A reporter of a
 * greater term knows more than a store that lost a state or went back to an earlier one.
 */
export function decideWrite(state: JobState, write: StateWrite, now: number): Decision<WriteResult> {
  if (isForeign(state, write.userId)) return { result: { outcome: 'foreign-owner' } };
  const current = standingRecord(state);
  if (current === undefined) return accept(state, undefined, write, now);

  const { status, version } = current.snapshot;
  const refuse = (outcome: 'outdated' | 'held' | 'stale-run'): Decision<WriteResult> => ({ result: { outcome, record: current } });
  if (write.by === 'run' && write.snapshot.version[2] < lastRunOf(state)) return refuse('stale-run');
  if (write.by !== 'run' && current.run !== undefined && write.snapshot.version[1] === RANK.going) return refuse('held');
  if (write.by !== 'run' && write.snapshot.version[1] !== RANK.going && isGivenAgain(write.queueJob, current.queueJob)) return refuse('outdated');

  const snapshot = inTermOf(version, write.snapshot);
  const isOfLaterTerm = termOf(snapshot.version) > termOf(version);
  const isRepeated = saysTheSame(snapshot, current.snapshot);
  const mayReopen = write.by === 'rerun' || (write.by === 'run' && isOfLaterTerm) || isGivenAgain(current.queueJob, write.queueJob);
  if (status === 'cancelled' && !mayReopen && !isRepeated) return refuse('outdated');

  const mayReplace = !isFinal(status) || isOfLaterTerm || snapshot.version[0] > version[0];
  if (mayReplace && isNewer(snapshot, current.snapshot)) return accept(state, current, { ...write, snapshot }, now);
  if (!isRepeated) return refuse('outdated');

  const isLost = state.record === undefined && !isFinal(status);
  const tellsMore = applySnapshot(current.snapshot, snapshot) !== current.snapshot;
  return isLost || tellsMore ? accept(state, current, { ...write, snapshot }, now) : { result: { outcome: 'stored', record: current } };
}

/** What says nothing of an earlier attempt is about the job as it is now, however long its reporter has not heard of it. */
function inTermOf(current: AnyJobSnapshot['version'], incoming: AnyJobSnapshot): AnyJobSnapshot {
  const { version } = incoming;
  if (version[0] < current[0] || termOf(version) >= termOf(current)) return incoming;
  return { ...incoming, version: withTerm(version, termOf(current)) };
}

const saysTheSame = (a: AnyJobSnapshot, b: AnyJobSnapshot): boolean =>
  a.status === b.status && compareVersions(a.version, b.version) === 0;

function accept(state: JobState, current: JobRecord | undefined, write: StateWrite, now: number): Decision<WriteResult> {
  const epoch = write.snapshot.version[2];
  const version = withTerm(write.snapshot.version, Math.max(termOf(write.snapshot.version), epoch, isStoredFirst(write.snapshot) ? Math.floor(now) : 0));
  const hold = holdAfter(current?.run, write, now);
  const record: JobRecord = {
    userId: write.userId,
    snapshot: succeed(current?.snapshot, { ...write.snapshot, version }),
    ...(hold && { run: hold }),
    ...queueJobAfter(isPutBack(current, write) ? undefined : current, write.queueJob, write.by),
    changedAt: now,
  };
  const fence = write.by === 'run' && state.fence?.run !== epoch ? { ...state.fence, run: epoch } : fenceOf(state);
  return { result: { outcome: 'stored', record }, next: stateWith(record, fence) };
}

/**
 * What is broadcast only once it is stored gets a term by the store's clock: a state that was prepared before the store lost
 * others is newer than those. Further progress is broadcast before, in the term that its reporter knows.
 */
const isStoredFirst = ({ version, status }: AnyJobSnapshot): boolean =>
  version[1] !== RANK.going || version[3] === 1 || status === 'queued' || termOf(version) === 0;

/** An attempt that has ended, or waits for its next step, is held by nobody. */
function holdAfter(hold: JobRunHold | undefined, { by, snapshot }: StateWrite, now: number): JobRunHold | undefined {
  if (snapshot.version[1] !== RANK.going || snapshot.status === 'queued') return undefined;
  return by === 'run' ? { epoch: snapshot.version[2], aliveAt: now } : hold;
}

/** What is stored is more than what was broadcast, and a version says one thing only: clients are told by a term of its own. */
const inTermOfItsOwn = (stored: AnyJobSnapshot, said: AnyJobSnapshot): AnyJobSnapshot =>
  stored.progress > said.progress && !isStoredFirst(said) ? { ...stored, version: withTerm(stored.version, termOf(stored.version) + 1) } : stored;

/** What only grows stays, and so does the time when the job was first seen. */
function succeed(current: AnyJobSnapshot | undefined, incoming: AnyJobSnapshot): AnyJobSnapshot {
  if (current === undefined) return incoming;
  const grown = compareVersions(incoming.version, current.version) === 0
    ? { ...current, ...incoming, progress: Math.max(incoming.progress, current.progress) }
    : inTermOfItsOwn(applySnapshot(current, incoming), incoming);
  return grown.createdAt === current.createdAt ? grown : { ...grown, createdAt: current.createdAt };
}

/** A job that is queued as a later attempt waits for another job of the queue than the one that has ended, though not for an earlier one. */
const isPutBack = (standing: JobRecord | undefined, { snapshot, queueJob }: StateWrite): boolean =>
  standing !== undefined && snapshot.status === 'queued' && snapshot.version[0] > standing.snapshot.version[0] && !isGivenAgain(queueJob, standing.queueJob);
