import { applySnapshot, compareVersions, isFinal, isNewer, RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { JobRecord, JobRunHold, StateWrite, WriteResult } from './job-store.js';
import { isForeign, queueJobAfter, standingRecord, stateWith, type Decision, type JobState } from './job-state.js';

/**
 * Decides whether a state that a reporter wants to stand does (specification, section 1, "Who may report"). Pure; every
 * store applies it, or something that the conformance suite cannot tell from it, in one atomic step.
 *
 * - The first owner stays.
 * - Of runs, only the one that began last is believed. A store that has forgotten the fence believes the run that
 *   speaks, and the fence stands again; a run that began later moves it further.
 * - Progress from outside gives way to a run that holds the job; an end from outside does not.
 * - A cancelled job is reopened by nothing but `rerun`.
 * - Otherwise the order of states decides, and what stands already has been stored: a lost acknowledgement is no lost race.
 */
export function decideWrite(state: JobState, write: StateWrite, now: number): Decision<WriteResult> {
  if (isForeign(state, write.userId)) return { result: { outcome: 'foreign-owner' } };
  const standing = standingRecord(state);
  if (standing === undefined) return accept(state, undefined, write, now);

  if (write.by === 'run' && write.snapshot.version[2] < (state.fence?.run ?? 0)) return refuse('stale-run', standing);
  if (write.by !== 'run' && standing.run !== undefined && write.snapshot.version[1] === RANK.going) return refuse('held', standing);
  if (standing.snapshot.status === 'cancelled' && write.by !== 'rerun' && !saysTheSame(write.snapshot, standing.snapshot)) return refuse('outdated', standing);

  if (isNewer(write.snapshot, standing.snapshot)) return accept(state, standing, write, now);
  if (!saysTheSame(write.snapshot, standing.snapshot)) return refuse('outdated', standing);

  const isLost = state.record === undefined && !isFinal(standing.snapshot.status);
  const tellsMore = applySnapshot(standing.snapshot, write.snapshot) !== standing.snapshot;
  return isLost || tellsMore ? accept(state, standing, write, now) : { result: { outcome: 'stored', record: standing } };
}

const refuse = (outcome: 'outdated' | 'held' | 'stale-run', record: JobRecord): Decision<WriteResult> => ({
  result: { outcome, record },
});

const saysTheSame = (a: AnyJobSnapshot, b: AnyJobSnapshot): boolean =>
  a.status === b.status && compareVersions(a.version, b.version) === 0;

function accept(state: JobState, standing: JobRecord | undefined, write: StateWrite, now: number): Decision<WriteResult> {
  const hold = holdAfter(standing?.run, write, now);
  const record: JobRecord = {
    userId: write.userId,
    snapshot: succeed(standing?.snapshot, write.snapshot),
    ...(hold && { run: hold }),
    ...queueJobAfter(standing, write.queueJob),
    changedAt: now,
  };
  const epoch = write.snapshot.version[2];
  const fence = write.by === 'run' && state.fence?.run !== epoch ? { ...state.fence, run: epoch } : state.fence;
  return { result: { outcome: 'stored', record }, next: stateWith(record, fence ?? {}) };
}

/** An attempt that has ended, or waits for its next step, is held by nobody. */
function holdAfter(hold: JobRunHold | undefined, { by, snapshot }: StateWrite, now: number): JobRunHold | undefined {
  if (snapshot.version[1] !== RANK.going || snapshot.status === 'queued') return undefined;
  return by === 'run' ? { epoch: snapshot.version[2], aliveAt: now } : hold;
}

/** What only grows stays, and so does the time when the job was first seen. */
function succeed(standing: AnyJobSnapshot | undefined, incoming: AnyJobSnapshot): AnyJobSnapshot {
  if (standing === undefined) return incoming;
  const grown = compareVersions(incoming.version, standing.version) === 0
    ? { ...standing, ...incoming, progress: Math.max(incoming.progress, standing.progress) }
    : applySnapshot(standing, incoming);
  return grown.createdAt === standing.createdAt ? grown : { ...grown, createdAt: standing.createdAt };
}
