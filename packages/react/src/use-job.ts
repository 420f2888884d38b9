import type { JobSnapshot, RegisteredJobs } from '@notes/job-events-client';
import { useCallback, useMemo } from 'react';

import { followedJobsOf } from './followed-jobs.js';
import { invalidId } from './invalid-id.js';
import { failedJob, IDLE, initialState, PENDING, type Pending } from './job-state.js';
import { useHookScope, useReported, useSessionValue } from './use-hook-scope.js';

/** A job that is known, one that will not come and why, or one that is still asked for. */
export type JobState<J = RegisteredJobs> = Pending<'job', JobSnapshot<J>>;

/**
 * Follows one job, whether it is among the user's own or somebody else's that the server lets this user see. Renders
 * again only when this job changes. A job that the user's list brings costs no subscription of its own. Needs a
 * provider, or a `useJobWebSocket` that is mounted.
 *
 * `error` says why there is no job: `INVALID_PAYLOAD` for an id that no job can have (which goes to `onError` too),
 * `FORBIDDEN`, `NOT_FOUND` where the server does not know the job within 2 minutes, `JOB_UNKNOWN` where it does not know
 * it any more, or why the connection was refused for good. `isPending` is `true` until the server has answered.
 *
 * @param jobId `null` or `undefined`: no job, and nothing is pending
 * @example
 * const { job, error, isPending } = useJob(jobId);
 */
export function useJob<J = RegisteredJobs>(jobId: string | null | undefined): JobState<J> {
  const scope = useHookScope();
  const { session, userId } = scope;
  const invalid = useMemo(() => invalidId('jobId', jobId), [jobId]);
  useReported(session, invalid);

  const wanted = invalid || userId === null ? undefined : (jobId ?? undefined);
  const { follow, stateOf } = followedJobsOf(session);
  const state = useSessionValue(
    scope,
    () => (wanted === undefined ? IDLE : stateOf(wanted)),
    (initialJobs) => initialState(initialJobs, wanted) ?? (wanted === undefined || userId === undefined ? IDLE : PENDING),
    useCallback((listener) => (wanted === undefined ? () => {} : follow(wanted, listener)), [follow, wanted]),
  );

  const error = invalid ?? (jobId == null ? undefined : scope.error);
  return (error ? failedJob(error) : state) as JobState<J>;
}
