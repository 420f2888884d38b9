import type { JobVersion } from './job-version.js';

/** `completed`, `failed` and `cancelled` are final. */
export type JobStatus = 'queued' | 'active' | 'retrying' | 'completed' | 'failed' | 'cancelled';

export type FinalStatus = 'completed' | 'failed' | 'cancelled';

/** Why a job failed, for programs (`code`) and for people (`message`). Never a stack trace. */
export interface JobError {
  readonly code: string;
  readonly message: string;
  /** Whether trying again can help. */
  readonly retryable: boolean;
}

/** A JSON object of small facts about a job, such as `{ fileName }`. */
export type JobMetadata = Readonly<Record<string, unknown>>;

/**
 * The whole visible state of a job, as it travels and as it is stored (specification, section 1).
 * Every event carries one, so the newest alone is enough. This is the untyped form: what a contract adds to
 * `stage`, `metadata` and `result` is in `JobSnapshot<typeof contract>`.
 */
export interface AnyJobSnapshot {
  readonly jobId: string;
  readonly type?: string;
  readonly status: JobStatus;
  readonly stage: string;
  /** 0–100, of the whole job; never falls within one attempt. */
  readonly progress: number;
  /** For people, at most 500 characters. An event without one clears it. */
  readonly message?: string;
  readonly metadata?: JobMetadata;
  /** Only when `completed`. JSON. */
  readonly result?: unknown;
  /** Only when `failed` or `retrying`. */
  readonly error?: JobError;
  /** Somebody asked for the job to be cancelled, and no worker has answered yet. */
  readonly cancelRequested?: true;
  /** ISO 8601, UTC: the job does not go on before this time. Only when `queued` or `retrying`. */
  readonly delayedUntil?: string;
  /**
   * The run that holds the job has sent no heartbeat for a while: nobody may be working on it. Cleared by whatever is
   * reported next.
   */
  readonly stalled?: true;
  readonly version: JobVersion;
  /** ISO 8601, UTC: when the job was first seen. Orders lists, nothing else. */
  readonly createdAt: string;
  /** ISO 8601, UTC: when this was said. Orders nothing. */
  readonly timestamp: string;
}

export const RANK = { going: 0, retrying: 1, final: 2 } as const;

const RANKS: Readonly<Record<JobStatus, 0 | 1 | 2>> = {
  queued: RANK.going,
  active: RANK.going,
  retrying: RANK.retrying,
  completed: RANK.final,
  failed: RANK.final,
  cancelled: RANK.final,
};

/** The rank that a status has in a version. */
export const rankOf = (status: JobStatus): 0 | 1 | 2 => RANKS[status];

/** Says whether a status is an end that only a later attempt replaces. */
export const isFinal = (status: JobStatus): status is FinalStatus => RANKS[status] === RANK.final;
