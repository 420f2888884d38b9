import type {
  DefinitionIn,
  DefinitionOfType,
  JobDefinition,
  JobError,
  MetadataInputOf,
  RegisteredJobs,
  ResultInputOf,
  StageOf,
  TypeField,
  TypeOf,
} from '@notes/job-events-protocol';
import type { QueueJob } from '../store/job-record.js';

/** What every event says: which job, whose, and, where several kinds of job are defined, of which kind. */
type Base<D, All> = TypeField<D, All> & {
  readonly jobId: string;
  /** The owner, the tenant included if there are tenants. The first one stays. Never on the wire. */
  readonly userId: string;
  /** For people, at most 500 characters. An event without one clears it. */
  readonly message?: string | undefined;
  /** Small facts, at most 4,096 bytes of JSON. An event without them keeps the old, `null` clears. */
  readonly metadata?: MetadataInputOf<D> | null | undefined;
  /** The job of a queue that is reported on. Kept in the store, so that supervision can ask the queue; never on the wire. */
  readonly queueJob?: QueueJob | undefined;
};

/** What reports from outside a run may add. */
interface Said {
  /** Which try of the job is spoken of. By default the one that stands; a greater one begins the next. */
  readonly attempt?: number | undefined;
  /** ISO 8601: when this happened. By default now. It orders nothing. */
  readonly timestamp?: string | undefined;
}

type Distribute<D, Fields extends 'queued' | 'progress' | 'completed' | 'failed' | 'cancelled', All = D> =
  D extends JobDefinition<any, any, any, any>
    ? Base<D, All> &
        {
          queued: QueuedFields;
          progress: ProgressFields<D>;
          completed: Said & CompletedFields<D>;
          failed: Said & FailureFields;
          cancelled: Said;
        }[Fields]
    : never;

interface QueuedFields {
  /**
   * Puts a job that has ended back into the queue, as this attempt; whoever begins it begins that one. Said again,
   * or late, it changes nothing. By default only an unknown job is queued.
   */
  readonly attempt?: number | undefined;
  /** With `attempt`: also where the job was cancelled. Default: false. */
  readonly rerun?: boolean | undefined;
  /**
   * With `attempt`: also where this attempt is active and no run holds the job. It waits then and goes on later, at the
   * same stage and percentage. Default: false.
   */
  readonly requeue?: boolean | undefined;
  /** ISO 8601: when the job begins or goes on at the earliest. A job that is queued already is told a new time only with `requeue`. */
  readonly delayedUntil?: string | undefined;
}

type ProgressFields<D> = Said & {
  /** What the job is doing: one of its contract's stages, or any name of 1–64 characters where it has no contract. */
  readonly stage: StageOf<D>;
  /** 0–100, of the whole job. Within one attempt it is never shown falling. */
  readonly progress: number;
  /** Opens a cancelled job again, as the next attempt. */
  readonly rerun?: boolean | undefined;
};

interface CompletedFields<D> {
  readonly result: ResultInputOf<D>;
  /**
   * What a result means that does not fit (over 32 KiB, not as the contract says): the call rejects, or the job is
   * completed without it and `onError` hears why. Default: `reject`.
   */
  readonly unfitResult?: 'reject' | 'leave-out' | undefined;
}

type FailureFields = {
  /** Another attempt follows: the state is `retrying`, not `failed`. Default: false. */
  readonly willRetry?: boolean | undefined;
  /** With `willRetry`. ISO 8601: when the next attempt begins at the earliest. */
  readonly delayedUntil?: string | undefined;
} & (
  | {
      /** The application's own words, for programs and for people. No stack traces. */
      readonly error: JobError;
      readonly thrown?: undefined;
    }
  | {
      readonly error?: undefined;
      /**
       * What the job threw. Shown as `run` shows it: a `JobError` as it is, anything else as `describeError` says or
       * neutrally, with the cause to `onError`.
       */
      readonly thrown: unknown;
    }
);

/** A job that was accepted, or put back, and that nobody has begun. */
export type QueuedEvent<J = RegisteredJobs> = Distribute<DefinitionIn<J>, 'queued'>;

/** How far a job is. */
export type ProgressEvent<J = RegisteredJobs> = Distribute<DefinitionIn<J>, 'progress'>;

/** A job is done. `result` is JSON of at most 32 KiB: ids and small values. */
export type CompletedEvent<J = RegisteredJobs> = Distribute<DefinitionIn<J>, 'completed'>;

/** An attempt has failed; with `willRetry` another one follows. */
export type FailedEvent<J = RegisteredJobs> = Distribute<DefinitionIn<J>, 'failed'>;

/** A job was cancelled. */
export type CancelledEvent<J = RegisteredJobs> = Distribute<DefinitionIn<J>, 'cancelled'>;

/** The kinds of job that may be run. */
export type RunnableType<J> = TypeOf<DefinitionIn<J>>;

/** The contract of the kind of job that is run. */
export type DefinitionOfRun<J, T> = DefinitionOfType<DefinitionIn<J>, T>;

/** What a claim says of a job beside its kind. */
interface Claim<D> {
  readonly jobId: string;
  /** The owner, the tenant included if there are tenants. The first one stays. Never on the wire. */
  readonly userId: string;
  /** The queue's own number of this try, from 1. The store gives a greater one where it has seen more attempts. Default: 1. */
  readonly attempt?: number | undefined;
  /** Does the job even if it was cancelled. Default: false. */
  readonly rerun?: boolean | undefined;
  /** Shown until the function says something. */
  readonly message?: string | undefined;
  readonly metadata?: MetadataInputOf<D> | undefined;
  /** The job of a queue that is done. Kept in the store, so that supervision can ask the queue; never on the wire. */
  readonly queueJob?: QueueJob | undefined;
  /** Decides what it means that the function threw. Default: the job has failed. */
  readonly onThrow?: ((error: unknown) => RunEnd | Promise<RunEnd>) | undefined;
}

/** Which job a run claims, and how. */
export type RunOptions<J = RegisteredJobs, T extends RunnableType<J> = RunnableType<J>> = Claim<DefinitionOfRun<J, T>> &
  (TypeField<DefinitionIn<J>> extends { readonly type: unknown } ? { readonly type: T } : { readonly type?: T | undefined });

/**
 * What a run reports after its function threw. With `queued` the job waits and goes on later as the same attempt, and
 * nobody holds it meanwhile. With `none` nothing is reported: somebody else reports what becomes of the job.
 * `error` is shown as it is; by default a `JobError` is shown, and anything else as `describeError` says or neutrally.
 */
export type RunEnd =
  | { readonly end: 'failed' | 'retrying'; readonly error?: JobError | undefined }
  /** `delayedUntil`: ISO 8601, when the job goes on at the earliest. */
  | { readonly end: 'queued'; readonly delayedUntil?: string | undefined }
  | { readonly end: 'none' };
