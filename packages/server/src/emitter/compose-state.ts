import { JobStage, RANK, rankOf, termOf, withTerm, type AnyJobSnapshot, type JobMetadata, type JobStatus, type JobVersion } from '@notes/job-events-protocol';
import type { End } from './payload-schemas.js';

/** What a reporter says of a job that is going on. */
export interface Progress {
  readonly stage: string;
  readonly progress: number;
  readonly message?: string | undefined;
  /** `undefined` keeps the current ones, `null` clears it. */
  readonly metadata?: JobMetadata | null | undefined;
}

/** Which job is reported on, and when. */
export interface ReportSubject {
  readonly jobId: string;
  readonly type?: string | undefined;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** The same, and what is known of the job already. */
export interface ReportContext extends ReportSubject {
  readonly current: AnyJobSnapshot | undefined;
}

/** The next state of a job that is going on. Within an attempt the percentage never falls (rule 7). */
export function progressState(context: ReportContext, said: Progress, version: JobVersion): AnyJobSnapshot {
  const { current } = context;
  const floor = current !== undefined && current.version[0] === version[0] ? current.progress : 0;
  const state = stateOf(context, 'active', said.stage, Math.max(floor, said.progress), version, said);
  if (current?.cancelRequested) state.cancelRequested = true;
  return state;
}

const END_STAGE = { completed: JobStage.COMPLETED, failed: JobStage.FAILED, cancelled: JobStage.CANCELLED } as const;

/** The state of a job whose attempt has ended. */
export function endState(
  context: ReportContext,
  end: End,
  said: Pick<Progress, 'message' | 'metadata'>,
  version: JobVersion,
): AnyJobSnapshot {
  const { current } = context;
  const isOfThisAttempt = current !== undefined && current.version[0] === version[0];
  const stage = end.status === 'retrying' ? (current?.stage ?? JobStage.INITIALIZING) : END_STAGE[end.status];
  const progress = end.status === 'completed' ? 100 : isOfThisAttempt ? current.progress : 0;
  return {
    ...stateOf(context, end.status, stage, progress, withRank(version, rankOf(end.status)), said),
    ...(end.status === 'completed' && end.result !== undefined && { result: end.result }),
    ...('error' in end && { error: end.error }),
    ...(end.status === 'retrying' && current?.cancelRequested && { cancelRequested: true }),
    ...(end.status === 'retrying' && delayed(end.delayedUntil)),
  };
}

/** What a reporter says of a job that waits. */
export type Queued = Pick<Progress, 'message' | 'metadata'> & { readonly delayedUntil?: string | undefined };

/** The state of a job that waits for somebody to begin this attempt. */
export function queuedState(context: ReportContext, said: Queued, version: JobVersion): AnyJobSnapshot {
  return { ...stateOf(context, 'queued', JobStage.QUEUED, 0, version, said), ...delayed(said.delayedUntil) };
}

/** The state of a job that waits in the middle of an attempt: for its next step, or because its worker let it go. */
export function handedOverState(context: ReportContext & { readonly current: AnyJobSnapshot }, version: JobVersion, delayedUntil?: string): AnyJobSnapshot {
  const { stage, progress, message, cancelRequested } = context.current;
  const state = stateOf(context, 'queued', stage, progress, version, { message });
  if (cancelRequested) state.cancelRequested = true;
  return { ...state, ...delayed(delayedUntil) };
}

const delayed = (until: string | undefined): { readonly delayedUntil?: string } => (until === undefined ? {} : { delayedUntil: new Date(until).toISOString() });

/** The version after this one of the same reporter, of a job that goes on. */
export const nextVersion = (last: JobVersion): JobVersion =>
  last[4] === undefined ? [last[0], RANK.going, last[2], last[3] + 1] : [last[0], RANK.going, last[2], last[3] + 1, last[4]];

/** The version that a reporter begins with under an epoch of its own. Its term is the store's to set. */
export const firstVersion = (attempt: number, epoch: number, current: AnyJobSnapshot | undefined): JobVersion =>
  current?.version[4] === undefined ? [attempt, RANK.going, epoch, 1] : [attempt, RANK.going, epoch, 1, current.version[4]];

const withRank = ([attempt, , ...rest]: JobVersion, rank: number): JobVersion => [attempt, rank, ...rest];

/**
 * What this reporter said, in the term that the store has given it meanwhile, and at the percentage that the store had
 * already; the same object where the term is no later one.
 */
export const inTermOf = (said: AnyJobSnapshot, { version, progress }: AnyJobSnapshot): AnyJobSnapshot =>
  termOf(version) > termOf(said.version)
    ? { ...said, progress: Math.max(said.progress, progress), version: withTerm(said.version, termOf(version)) }
    : said;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What every state has. Written without spreading: this stands on the path of every event. */
function stateOf(
  { jobId, type, current, timestamp }: ReportContext,
  status: JobStatus,
  stage: string,
  progress: number,
  version: JobVersion,
  { message, metadata }: Pick<Progress, 'message' | 'metadata'>,
): Mutable<AnyJobSnapshot> {
  const createdAt = current?.createdAt ?? timestamp;
  const state: Mutable<AnyJobSnapshot> = { jobId, status, stage, progress, version, createdAt, timestamp };
  const kind = type ?? current?.type;
  const facts = metadata === undefined ? current?.metadata : (metadata ?? undefined);
  if (kind !== undefined) state.type = kind;
  if (facts !== undefined) state.metadata = facts;
  if (message !== undefined) state.message = message;
  return state;
}
