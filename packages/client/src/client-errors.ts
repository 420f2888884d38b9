import { JobEventsError, type JobError, type WireErrorCode } from '@notes/job-events-protocol';
import type { ConnectionReason } from './connection/connection-state.js';

/** Every code of the client's own errors, and what it means. A table of types only: browsers need no copy of it. */
export interface ClientErrorCodes {
  /** An option does not fit, or differs from those the shared instance was made with. */
  INVALID_OPTIONS: never;
  /** `getInstance` on a server, where one client would be shared by all users. */
  NO_SHARED_INSTANCE: never;
  /** Three answers in a row did not know a job that was seen before. */
  JOB_UNKNOWN: never;
  /** The job was cancelled. */
  JOB_CANCELLED: never;
  /** `reset` was called, or the user changed, before the job ended. */
  ABANDONED: never;
  /** The server was not reached, or did not answer in time. */
  NO_ANSWER: never;
}

export type ClientErrorCode = keyof ClientErrorCodes | WireErrorCode | ConnectionReason;

/** An error of the client. `code` is one of {@link ClientErrorCodes}, what the server answered, or why there is no connection. */
export type ClientError = JobEventsError<ClientErrorCode>;

/** `name` is the request that was sent. */
export const noAnswer = (name: string, cause?: unknown): ClientError =>
  new JobEventsError('NO_ANSWER', `The server did not answer '${name}'.`, { cause });

/** `waitFor`: the job failed for good. `code` is the job's own error code. */
export class JobFailedError extends JobEventsError {
  readonly jobId: string;
  readonly retryable: boolean;

  constructor(jobId: string, { code, message, retryable }: JobError) {
    super(code, message);
    this.jobId = jobId;
    this.retryable = retryable;
  }
}

/** `waitFor`: the job was cancelled. */
export class JobCancelledError extends JobEventsError<'JOB_CANCELLED'> {
  readonly jobId: string;

  constructor(jobId: string) {
    super('JOB_CANCELLED', `Job ${jobId} was cancelled.`);
    this.jobId = jobId;
  }
}
