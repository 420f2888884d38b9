import type { JobSnapshot, RegisteredJobs } from '@notes/job-events-client';
import { useContext, useMemo, useSyncExternalStore } from 'react';

import { JobEventsContext } from './job-events-context.js';
import { createJobSource } from './job-source.js';
import type { Pending } from './job-state.js';
import { scopeIn } from './use-hook-scope.js';

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
  const provided = useContext(JobEventsContext);
  const { subscribe, read, readInitial } = useMemo(() => createJobSource(scopeIn(provided), jobId), [provided, jobId]);
  return useSyncExternalStore(subscribe, read, readInitial) as JobState<J>;
}
