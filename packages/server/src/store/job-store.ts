import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { JobRecord, JobRunHold, NewJob, QueueJob, UnfinishedJob } from './job-record.js';

/** What a worker asks for when `run` begins. */
export interface RunClaim extends NewJob {
  /** The queue's own number of this try, from 1. The store gives a greater one where it has seen more attempts. */
  readonly attempt: number;
  /** Allows a job that was cancelled to be done after all. */
  readonly rerun: boolean;
  /** What the job shows until the worker's first report. */
  readonly stage: string;
  /** Names this claim. One that is made again, because its answer was lost, finds the run that it began. */
  readonly claimId?: string;
  /** How long ago, in ms, the worker first asked. A claim that comes late does not overtake a run that was claimed after it. */
  readonly askedMsAgo?: number;
}

export type RunStart =
  | { readonly outcome: 'begun'; readonly record: JobRecord }
  /** The job was cancelled and `rerun` was not asked for. Nothing was written. */
  | { readonly outcome: 'cancelled'; readonly record: JobRecord }
  /** The claim was late, and a run that was claimed after it has begun. Nothing was written. */
  | { readonly outcome: 'overtaken'; readonly record: JobRecord }
  | { readonly outcome: 'foreign-owner' };

/** A state that a reporter wants to stand. */
export interface StateWrite {
  readonly userId: string;
  readonly snapshot: AnyJobSnapshot;
  /**
   * `run`: said by a run, and only believed while no later run has begun. `outside`: said by somebody who holds
   * nothing; progress then gives way to a run. `rerun`: as outside, and reopens a cancelled job.
   */
  readonly by: 'run' | 'outside' | 'rerun';
  /** Kept in the record, if the state is stored. Without it the record keeps the one that it has. */
  readonly queueJob?: QueueJob;
}

export type WriteResult =
  /** The state stands, or stood already (same version and status: a lost acknowledgement is not a lost race). */
  | { readonly outcome: 'stored'; readonly record: JobRecord }
  /** Something newer stands. */
  | { readonly outcome: 'outdated'; readonly record: JobRecord }
  /** Progress from outside, while a run holds the job. */
  | { readonly outcome: 'held'; readonly record: JobRecord }
  /** A later run has begun. */
  | { readonly outcome: 'stale-run'; readonly record: JobRecord }
  | { readonly outcome: 'foreign-owner' };

export type Heartbeat = { readonly jobId: string; readonly epoch: number };

export type HeartbeatResult =
  | {
      readonly outcome: 'alive';
      readonly cancelRequested: boolean;
      /** The job is shown as stalled; the run repeats its state, which says otherwise. */
      readonly stalled?: true;
    }
  /** A later run has begun, or the job's attempt has ended. */
  | { readonly outcome: 'overtaken' }
  /** The store does not know the job (any more); the run repeats its state. */
  | { readonly outcome: 'unknown' };

/**
 * One of a batch could not be decided, such as a job whose row somebody keeps locked. Nothing was written of it; what the
 * others of the batch were answered holds.
 */
export interface NotDecided {
  readonly outcome: 'failed';
  readonly cause: unknown;
}

export type CancelResult =
  /** A living run holds the job: the request is stored, the run's heartbeat sees it. */
  | { readonly outcome: 'requested'; readonly record: JobRecord }
  /** Nobody holds the job: it is now `cancelled`. */
  | { readonly outcome: 'cancelled'; readonly record: JobRecord }
  /** It had ended already. Nothing was written. */
  | { readonly outcome: 'ended'; readonly record: JobRecord }
  | { readonly outcome: 'unknown' };

export interface CancelOptions {
  /** A run of which nothing was heard for longer does not hold the job any more. */
  readonly silentAfterMs: number;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  /** Only a job of this user; another's is `unknown`. An id may have changed hands since somebody was allowed to cancel it. */
  readonly userId?: string;
}

export interface SuperviseOptions {
  /** The run as it was seen. Nothing is written if it has sent a heartbeat or written since, or another one holds the job. */
  readonly run: JobRunHold;
  /**
   * `stalled`: the job is shown as stalled. `cancelled`: it ends as `cancelled` if that was requested. `lost`: it ends, as
   * `cancelled` or as `failed` with `WORKER_LOST`. A job of a queue does not end; it is shown as stalled.
   */
  readonly as: 'stalled' | 'cancelled' | 'lost';
  /** ISO 8601, UTC. */
  readonly timestamp: string;
}

export type SuperviseResult =
  /** No run holds the job, or it is unknown. Nothing was written. */
  | { readonly outcome: 'not-held' }
  /** The run has sent a heartbeat or written since it was seen, or another one holds the job. Nothing was written. */
  | { readonly outcome: 'alive' }
  /** It is shown as stalled now. The run keeps the job, if it comes back. */
  | { readonly outcome: 'stalled'; readonly record: JobRecord }
  /** It was shown as stalled already. Nothing was written. */
  | { readonly outcome: 'stalled-before' }
  /** It has ended now: `cancelled` where that was requested, else `failed`. */
  | { readonly outcome: 'ended'; readonly record: JobRecord };

export interface CreationQuery {
  readonly userId: string;
  /** Finished jobs that changed before this time (the store's clock, ms) are left out. */
  readonly finishedAfter: number;
  /** Go on below this job. */
  readonly before?: { readonly createdAt: string; readonly jobId: string };
  readonly limit: number;
}

export interface ChangeQuery {
  readonly userId: string;
  /** Only what changed at or after this time (the store's clock, ms). */
  readonly changedSince: number;
  readonly limit: number;
}

export interface UnfinishedQuery {
  /**
   * Only jobs that nothing was written to, and whose run sent no heartbeat, for this long, in ms on the store's clock. A job
   * that was touched more than 10 s from now is listed too: that clock was set back. 0 lists all.
   */
  readonly untouchedForMs: number;
  /** At most this many. */
  readonly limit: number;
  /** Only jobs that a run holds. */
  readonly held?: boolean;
  /** Only jobs whose `queueJob` is of this queue. */
  readonly queue?: string;
  /** Go on after this job. */
  readonly after?: { readonly touchedAt: number; readonly jobId: string };
}

/**
 * Where the states of jobs are kept (specification, sections 1 and 3). Whatever races with whatever, in one process
 * or several, each method is atomic per job, and it is the store that compares versions.
 *
 * Two things are kept of a job. Its **record** is what people see; it may expire, finished ones after the retention
 * time. Its **fence** is what decides: the last begun attempt, the last epoch, the run that holds it, its final mark;
 * it lives on for at least 24 h after the last write, so that nothing late brings an ended job back to life.
 *
 * A method rejects only when the store cannot be reached or is broken; what was decided is in the result. Every
 * implementation passes the suite in `@notes/job-events-server/testing`.
 */
export interface JobStore {
  /** The store's clock, in ms. */
  now(): Promise<number>;

  /**
   * Inserts a job as queued, version `[1, 0, 0, 1]`, if it is unknown (rule 3). Resolves to what stands;
   * `undefined` for a job that belongs to somebody else. A known job that is unfinished keeps the `queueJob` that is given,
   * if it names none, a step alone, or an earlier one with the same id in the same queue; nothing else of it changes.
   */
  insert(job: NewJob): Promise<JobRecord | undefined>;

  /**
   * Begins a run (rule 1), in one atomic step: attempt = `max(claim.attempt, last begun + 1)`, a new epoch, the
   * holder. The state becomes `active`, version `[attempt, 0, epoch, 1]`, progress 0; metadata and a request to
   * cancel stay. A job that is queued is begun as the attempt that it is queued as; stage and progress go on where the
   * step before left them.
   */
  begin(claim: RunClaim): Promise<RunStart>;

  /**
   * Hands out an epoch, `max(last + 1, the store's clock)`, to somebody who reports without a run (rule 2), and what
   * is stored. Does not move the fence.
   */
  takeEpoch(jobId: string): Promise<{ readonly epoch: number; readonly record: JobRecord | undefined }>;

  /**
   * Writes states conditionally, each decided by itself, in the order given; one round trip for the whole batch.
   * The results stand in the same order. See {@link decideWrite} for the decision. Rejects when none could be decided.
   */
  write(writes: readonly StateWrite[]): Promise<readonly (WriteResult | NotDecided)[]>;

  /** Signs of life of runs, and what they should know. The results stand in the same order. Rejects when none could be decided. */
  heartbeat(beats: readonly Heartbeat[]): Promise<readonly (HeartbeatResult | NotDecided)[]>;

  /**
   * Asks for a job to be cancelled. A run that gave a sign of life within `silentAfterMs` is asked; otherwise the job
   * ends as `cancelled` at once, version `[attempt, 2, new epoch, 1]`.
   */
  cancel(jobId: string, options: CancelOptions): Promise<CancelResult>;

  /**
   * Marks or ends a job whose run sends no heartbeat any more (rule 9). Decided in one atomic step: a run that is back in
   * time keeps its job. See {@link decideSupervision}.
   */
  superviseRun(jobId: string, options: SuperviseOptions): Promise<SuperviseResult>;

  /** The records of these jobs, in the same order; `undefined` for what is not known. */
  get(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]>;

  /**
   * A user's unfinished jobs and those finished lately, newest `createdAt` first (ties by `jobId`, descending). No job of
   * another user, whatever an index says: once a store has forgotten a job, its id may belong to somebody else.
   */
  listByCreation(query: CreationQuery): Promise<readonly JobRecord[]>;

  /** What changed of a user's jobs, longest ago first. No job of another user, as above. */
  listChanged(query: ChangeQuery): Promise<readonly JobRecord[]>;

  /**
   * The unfinished jobs of **all** users that were untouched for a while, longest first (ties by `jobId`, ascending).
   * For supervision: nobody whom a list is shown to may be answered from it.
   */
  listUnfinished(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]>;

  /**
   * Takes a lease, or renews it: `true` while `holder` has it, for `forMs` from now on the store's clock; `false` while
   * another holder has it. `forMs` 0 gives it back. So that what several processes could do is done by one at a time. All
   * take a lease for the same time: one that lasts for more than 10 s longer was taken before that clock was set back.
   *
   * A store that loses data may give a lease to two holders for a while, and a process that was suspended does not
   * notice that its lease has run out. What is done under a lease has to stay right when it is done twice.
   */
  takeLease(name: string, holder: string, forMs: number): Promise<boolean>;

  /** Lets go of connections and timers that the store itself opened. Idempotent. */
  close(): Promise<void>;
}

/** A record that a cache could not take over. */
export interface NotMirrored {
  readonly jobId: string;
  readonly cause: unknown;
}

/** A store that can stand before another as its cache: it also takes over what the other has decided. */
export interface CacheJobStore extends JobStore {
  /**
   * Takes records over as they stand elsewhere. Newer ones of its own stay, but for a request to cancel. Resolves to those
   * that it could not take over, an empty list as a rule; rejects when it could take over none.
   */
  mirror(records: readonly JobRecord[]): Promise<readonly NotMirrored[]>;
}
