import {
  JobCancelledError,
  JobFailedError,
  type ClientError,
  type DefinitionIn,
  type RegisteredJobs,
  type ResultOf,
} from '@notes/job-events-client';

import type { UntypedJob } from './untyped.js';
import { useJob } from './use-job.js';

/** The result, why there will be none, or neither while the job is not over. */
export type JobResult<J = RegisteredJobs> =
  | { readonly result: ResultOf<DefinitionIn<J>>; readonly error: undefined; readonly isPending: false }
  | { readonly result: undefined; readonly error: ClientError | JobFailedError | JobCancelledError; readonly isPending: false }
  | { readonly result: undefined; readonly error: undefined; readonly isPending: boolean };

const failures = new WeakMap<UntypedJob, JobFailedError | JobCancelledError>();

/**
 * The result of one job. `isPending` is `true` until the job is over. `error` is a `JobFailedError` where it failed for
 * good, a `JobCancelledError` where it was cancelled, or what `useJob` has as its error.
 *
 * @param jobId `null` or `undefined`: no job, and nothing is pending
 */
export function useJobResult<J = RegisteredJobs>(jobId: string | null | undefined): JobResult<J> {
  const state = useJob(jobId);
  const job = state.job as UntypedJob | undefined;
  if (job?.status === 'completed') return { result: job.result, error: undefined, isPending: false };
  const error = state.error ?? (job && failureOf(job));
  if (error) return { result: undefined, error, isPending: false };
  return { result: undefined, error: undefined, isPending: state.isPending || job !== undefined };
}

/** The same error for the same state of a job. */
function failureOf(job: UntypedJob): JobFailedError | JobCancelledError | undefined {
  if (job.status !== 'failed' && job.status !== 'cancelled') return undefined;
  const failure =
    failures.get(job) ?? (job.status === 'failed' ? new JobFailedError(job.jobId, job.error) : new JobCancelledError(job.jobId));
  failures.set(job, failure);
  return failure;
}
