import { isFinal, isJobSnapshot, type JobVersion } from '@notes/job-events-protocol';
import { JobEventsServerError } from '../server-errors.js';
import { guessOf } from '../store/guessed-end.js';
import type { JobRecord } from '../store/job-record.js';
import type { UnstoredEnd } from './end-not-stored-error.js';
import type { ReporterDependencies } from './reporter-dependencies.js';

/** What became of ends that were given to `restoreEnds`. */
export interface RestoredEnds {
  /** So many are stored now, or were already. */
  readonly stored: number;
  /** For so many jobs the store has something newer: another end, or a later run. */
  readonly outdated: number;
  /** Those that could not be stored this time either. */
  readonly unstoredEnds: readonly UnstoredEnd[];
}

type Dependencies = Pick<ReporterDependencies, 'ends' | 'storeClient'>;

const REPORTERS: readonly unknown[] = ['run', 'outside', 'rerun'] satisfies readonly UnstoredEnd['by'][];

/**
 * Stores ends that an emitter gave up, under the versions that they have: what is newer in the store stays.
 *
 * @throws JobEventsServerError `INVALID_PAYLOAD`
 */
export async function restoreEnds(ends: readonly UnstoredEnd[], giveUpAt: number, deps: Dependencies): Promise<RestoredEnds> {
  if (!Array.isArray(ends)) throw new JobEventsServerError('INVALID_PAYLOAD', 'restoreEnds takes the list of ends that close or onUnstoredEnds gave. Of text, give what JSON.parse makes of it.');
  ends.forEach(checkEnd);
  const outcomes = await Promise.all(ends.map((end) => restoreEnd(end, giveUpAt, deps).catch(() => end)));
  return {
    stored: outcomes.filter((outcome) => outcome === 'stored').length,
    outdated: outcomes.filter((outcome) => outcome === 'outdated').length,
    unstoredEnds: outcomes.filter((outcome) => typeof outcome === 'object'),
  };
}

async function restoreEnd(end: UnstoredEnd, giveUpAt: number, { ends, storeClient }: Dependencies): Promise<'stored' | 'outdated'> {
  const { epoch, record } = await storeClient.callWithRetry((store) => store.takeEpoch(end.snapshot.jobId), { giveUpAt });
  if (isStored(end, record)) return 'stored';
  const version = versionToRestore(end, record, epoch);
  if (version === undefined) return 'outdated';
  const { outcome } = await ends.store({ ...end, snapshot: { ...end.snapshot, version } }, giveUpAt);
  return outcome === 'stored' ? 'stored' : 'outdated';
}

/**
 * Whether the store has this end, and only its answer was lost, or it has been restored before. The store may have it under
 * another version. Pure.
 */
export const isStored = ({ userId, snapshot }: UnstoredEnd, record: JobRecord | undefined): boolean =>
  record?.userId === userId && record.snapshot.status === snapshot.status && record.snapshot.timestamp === snapshot.timestamp;

/**
 * The version under which an end is stored. Its own, unless the store never knew its run: then a new one, if no later
 * run has the job. A run that was taken for lost has ended after all: as the attempt after, because an end is replaced
 * by nothing else. `undefined`: it is outdated. Pure.
 */
export function versionToRestore({ by, snapshot: { version } }: UnstoredEnd, record: JobRecord | undefined, newEpoch: number): JobVersion | undefined {
  const [attempt, rank, epoch] = version;
  const standing = record?.snapshot;
  const isTakenForLost = standing?.status === 'failed' && guessOf(standing) !== undefined && standing.version[0] === attempt;
  if (isTakenForLost) return [attempt + 1, rank, newEpoch, 1];
  if (epoch > 0) return version;
  if (standing === undefined) return [attempt, rank, newEpoch, 1];
  // From outside a run, the attempt may have been left to the store to say.
  const ended = by === 'run' ? attempt : Math.max(attempt, standing.version[0]);
  const isOver = isFinal(standing.status) || standing.version[0] > ended;
  return isOver || record?.run !== undefined ? undefined : [ended, rank, newEpoch, 1];
}

function checkEnd(end: UnstoredEnd, index: number): void {
  if (typeof end?.userId === 'string' && REPORTERS.includes(end.by) && isJobSnapshot(end.snapshot)) return;
  throw new JobEventsServerError('INVALID_PAYLOAD', `restoreEnds: ends[${index}] is not an end as close and EndNotStoredError give it: { userId, snapshot, by }.`);
}
