import type {
  CompletedJob,
  DefinitionIn,
  JobError,
  JobSnapshot,
  JobStatus,
  RegisteredJobs,
  ResultOf,
  Subscription,
  TypeOf,
} from '@notes/job-events-protocol';
import type { ClientError } from './client-errors.js';
import type { ConnectionReason, ConnectionState, ConnectionStatus } from './connection/connection-state.js';

/** What is known about an end beside the job itself. */
export interface EndContext {
  /** The job had already ended when this client first heard of it, as after a reload. Not so if it heard the end live. */
  readonly initial: boolean;
  /** This tab asked for the job with `trackJob`, now or before a reload. */
  readonly tracked: boolean;
}

/** One function for every job, or a map with a function for each type of job. */
export type CompletedHandler<D> =
  | ((result: ResultOf<D>, job: CompletedJob<D>, context: EndContext) => void)
  | { readonly [E in D as TypeOf<E>]?: (result: ResultOf<E>, job: CompletedJob<E>, context: EndContext) => void };

/** A job in one of these states, distributed over the definitions in `J`. */
export type JobIn<J, Status extends JobStatus> = JobSnapshot<J> & { readonly status: Status };

/**
 * What an application can be told. For each end of a job (`retrying`, `completed`, `failed`, `cancelled`) the matching
 * function is called at most once, and for the end that stands exactly once, whichever way it arrived: live, from a
 * snapshot after a reconnect, or by polling. A function that throws disturbs nothing; the error goes to `onError` of
 * the options, as does what the promise of an async one rejects with.
 */
export interface JobHandlers<J = RegisteredJobs> {
  /**
   * These jobs have changed or are not shown any more; called once for what arrives together, after the other handlers.
   * `undefined`: the user's list is complete, or another user's begins. For UI libraries, so that a row is drawn again only for its own job.
   */
  onJobsChange?: ((jobIds: ReadonlySet<string> | undefined) => void) | undefined;
  /** A job that is queued or active has changed. */
  onJobProgress?: ((job: JobIn<J, 'queued' | 'active'>) => void) | undefined;
  onJobCompleted?: CompletedHandler<DefinitionIn<J>> | undefined;
  /** A job failed for good. What will be tried again comes through `onJobRetrying`. */
  onJobError?: ((error: JobError, job: JobIn<J, 'failed'>, context: EndContext) => void) | undefined;
  /** A try failed, and another one will follow. */
  onJobRetrying?: ((error: JobError, job: JobIn<J, 'retrying'>) => void) | undefined;
  onJobCancelled?: ((job: JobIn<J, 'cancelled'>, context: EndContext) => void) | undefined;
  /** A subscription was refused, or its job is not known to the server; called once. */
  onSubscriptionError?: ((error: ClientError, subscription: Subscription) => void) | undefined;
  onConnect?: (() => void) | undefined;
  /** The connection was lost or given up. With a reason that is not final, the client comes back by itself. */
  onDisconnect?: ((reason: ConnectionReason) => void) | undefined;
  /** The state, its reason or the time of the next attempt has changed: more often than `onStateChange`. */
  onConnectionChange?: ((connection: ConnectionStatus) => void) | undefined;
  /** `message`: what the server said as it refused the connection. */
  onStateChange?:
    | ((state: ConnectionState, previous: ConnectionState, reason: ConnectionReason, message?: string) => void)
    | undefined;
}

export interface HandlerOptions {
  /**
   * `all` (default): the ends of every job this client sees, each once. `tracked`: only those of jobs that this tab
   * tracked, each once, and also when `trackJob` is called after the end. Progress always comes for every job.
   */
  readonly callbacks?: 'all' | 'tracked' | undefined;
}
