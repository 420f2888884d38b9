import { JobStage, QUEUED_VERSION, RANK, rankOf, type AnyJobSnapshot, type JobMetadata, type JobVersion } from '@notes/job-events-protocol';
import type { End } from './payload-schemas.js';

/** What a reporter says of a job that is going on. */
export interface Progress {
  readonly stage: string;
  readonly progress: number;
  readonly message?: string | undefined;
  /** `undefined` keeps what stands, `null` clears it. */
  readonly metadata?: JobMetadata | null | undefined;
}

/** Which job is spoken of, and what is known of it already. */
export interface Ground {
  readonly jobId: string;
  readonly type?: string | undefined;
  readonly standing: AnyJobSnapshot | undefined;
  /** ISO 8601: when this is said. */
  readonly timestamp: string;
}

/** The next state of a job that is going on. Within an attempt the percentage never falls (rule 7). */
export function progressState(ground: Ground, said: Progress, version: JobVersion): AnyJobSnapshot {
  const { standing } = ground;
  const floor = standing !== undefined && standing.version[0] === version[0] ? standing.progress : 0;
  return {
    ...lasting(ground, said.metadata),
    status: 'active',
    stage: said.stage,
    progress: Math.max(floor, said.progress),
    ...(said.message !== undefined && { message: said.message }),
    ...(standing?.cancelRequested && { cancelRequested: true }),
    version,
  };
}

const END_STAGE = { completed: JobStage.COMPLETED, failed: JobStage.FAILED, cancelled: JobStage.CANCELLED } as const;

/** The state of a job whose attempt has ended. */
export function endState(
  ground: Ground,
  end: End,
  said: Pick<Progress, 'message' | 'metadata'>,
  [attempt, , epoch, seq]: JobVersion,
): AnyJobSnapshot {
  const { standing } = ground;
  const isOfThisAttempt = standing !== undefined && standing.version[0] === attempt;
  return {
    ...lasting(ground, said.metadata),
    status: end.status,
    stage: end.status === 'retrying' ? (standing?.stage ?? JobStage.INITIALIZING) : END_STAGE[end.status],
    progress: end.status === 'completed' ? 100 : isOfThisAttempt ? standing.progress : 0,
    ...(said.message !== undefined && { message: said.message }),
    ...(end.status === 'completed' && end.result !== undefined && { result: end.result }),
    ...('error' in end && { error: end.error }),
    ...(end.status === 'retrying' && standing?.cancelRequested && { cancelRequested: true }),
    version: [attempt, rankOf(end.status), epoch, seq],
  };
}

/** The state of a job that was accepted and that nobody has begun. */
export function queuedState(ground: Ground, said: Pick<Progress, 'message' | 'metadata'>): AnyJobSnapshot {
  return {
    ...lasting(ground, said.metadata),
    status: 'queued',
    stage: JobStage.QUEUED,
    progress: 0,
    ...(said.message !== undefined && { message: said.message }),
    version: QUEUED_VERSION,
  };
}

/** The version after this one of the same reporter, of a job that goes on. */
export const nextVersion = ([attempt, , epoch, seq]: JobVersion): JobVersion => [attempt, RANK.going, epoch, seq + 1];

/** What outlasts a state. */
function lasting({ jobId, type, standing, timestamp }: Ground, metadata: JobMetadata | null | undefined) {
  const kind = type ?? standing?.type;
  const facts = metadata === undefined ? standing?.metadata : (metadata ?? undefined);
  return {
    jobId,
    ...(kind !== undefined && { type: kind }),
    ...(facts !== undefined && { metadata: facts }),
    createdAt: standing?.createdAt ?? timestamp,
    timestamp,
  };
}
