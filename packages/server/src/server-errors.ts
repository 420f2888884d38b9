import { JobEventsError } from '@notes/job-events-protocol';

/** Every code that the server library throws or hands to `onError`, and what it means. */
export const SERVER_ERRORS = {
  INVALID_OPTIONS: 'An option is missing or does not fit.',
  INVALID_PAYLOAD: 'A payload given to the emitter does not fit; the message names the field and the limit.',
  FOREIGN_JOB: 'The job belongs to another user.',
  STALE_RUN: 'A later run of the same job has begun; this one should stop.',
  RUN_CANCELLED: 'The job was cancelled.',
  JOB_FAILED: 'A job threw an error that is not a JobError; people see a neutral sentence, and `cause` is what was thrown.',
  HELD_BY_RUN: 'Progress from outside was dropped, because a run holds the job.',
  STORE_UNAVAILABLE: 'The store did not take a state in time.',
  STORE_FAILED: 'The store failed; it is tried again. With `store`, reported once for each outage.',
  STORE_RESTORED: 'A store that was reported as failed works again. Not a fault: it clears the alarm. Reported once for each return.',
  BROADCAST_FAILED: 'An event could not be broadcast; clients find the state by sync.',
  CUT_TO_LIMIT: 'A message, result or metadata over its limit was cut or left out.',
  HANDLER_FAILED: "A callback of the application's threw.",
  CONNECTION_LOST: 'A connection to Redis or PostgreSQL is lost, or cannot be opened, and is tried again. Reported once for each loss.',
  CONNECTION_RESTORED: 'A connection that was reported as lost works again. Not a fault: it clears the alarm. Reported once for each return.',
  BRIDGE_FAILED: 'What a queue said of a job could not be reported.',
  CLOSED: 'The emitter has been closed.',
  RUN_UNFINISHED: 'The emitter was closed while a run was in progress; its end is not reported.',
} as const;

export type ServerErrorCode = keyof typeof SERVER_ERRORS;

/** A connection that the library supervises. */
export type ConnectionName = 'redis commands' | 'redis stream' | 'postgres listen' | 'postgres pool';

/** A store whose outages are reported: that of an emitter, and the two of a `TieredJobStore`. */
export type StoreName = 'store' | 'cache' | 'durable store';

/** The code that a job fails with, for its watchers, when the process of its run is gone. */
export const WORKER_LOST = 'WORKER_LOST';

/** An error of the server library. */
export class JobEventsServerError extends JobEventsError<ServerErrorCode> {
  /** The job, where the error is about one job. */
  readonly jobId: string | undefined;
  /** The connection, with `CONNECTION_LOST` and `CONNECTION_RESTORED`. */
  readonly connection: ConnectionName | undefined;
  /** The store, with `STORE_RESTORED` and with the `STORE_FAILED` that it ends. */
  readonly store: StoreName | undefined;

  constructor(
    code: ServerErrorCode,
    message: string,
    options: { cause?: unknown; jobId?: string | undefined; connection?: ConnectionName | undefined; store?: StoreName | undefined } = {},
  ) {
    super(code, message, options);
    this.jobId = options.jobId;
    this.connection = options.connection;
    this.store = options.store;
  }
}

/** Recognizes an error of the server library by its code, also when two copies of the library are loaded. */
export const hasCode = (error: unknown, code: ServerErrorCode): boolean => JobEventsError.isInstance(error) && error.code === code;

/** The same, said of a job. */
export const withJob = ({ code, message, cause }: JobEventsServerError, jobId: string): JobEventsServerError =>
  new JobEventsServerError(code, `Job ${jobId}: ${message}`, { cause, jobId });

export const foreignJob = (jobId: string): JobEventsServerError => new JobEventsServerError('FOREIGN_JOB', `Job ${jobId} belongs to another user.`, { jobId });

/** Thrown by and in a run that a later run of the same job has overtaken: nothing it says is believed any more. */
export class StaleRunError extends JobEventsServerError {
  constructor(jobId: string) {
    super('STALE_RUN', `A later run of job ${jobId} has begun, or somebody else has ended it. Stop this one: nothing it reports is stored.`, { jobId });
  }
}

/** The reason of `job.signal` when the job was cancelled, and what `run` throws when the function did not end otherwise. */
export class JobCancelledError extends JobEventsServerError {
  constructor(jobId: string) {
    super('RUN_CANCELLED', `Job ${jobId} was cancelled.`, { jobId });
  }
}
