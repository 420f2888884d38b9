import type { JobSnapshot, RegisteredJobs } from '@notes/job-events-client';
import { useEffect } from 'react';

import { useHookScope, useSessionValue } from './use-hook-scope.js';

/**
 * One job, wherever it comes from: the user's own jobs, or a job of somebody else's that the server lets this user see.
 * `undefined` while nothing is known about it. Renders again only when this job changes. Needs a provider, or a
 * `useJobWebSocket` that is mounted.
 *
 * @param jobId absent: no job
 */
export function useJob<J = RegisteredJobs>(jobId: string | null | undefined): JobSnapshot<J> | undefined {
  const scope = useHookScope();
  const { session, userId } = scope;
  const job = useSessionValue(
    scope,
    ({ client }) => (jobId == null ? undefined : client.getJob(jobId)),
    scope.initialJobs.find((initial) => initial.jobId === jobId),
  ) as JobSnapshot<J> | undefined;

  const isIdle = jobId == null || userId === null;
  useEffect(() => (isIdle ? undefined : session.followJob(jobId)), [session, jobId, isIdle]);

  return job;
}
