import type { JobSnapshot, RegisteredJobs } from '@notes/job-events-client';

import { arrivalOf } from './job-arrival.js';
import { useHookScope } from './use-hook-scope.js';
import { useJob } from './use-job.js';

/**
 * Like {@link useJob}, but suspends until the job is known, so that there is always one. Needs a provider outside of
 * the Suspense boundary, since a component that has suspended keeps no connection. Throws to the error boundary when the
 * server does not know the job, or refuses it or the connection; a boundary that is reset after the client has connected
 * waits for the job again. On a server only a job in the provider's `initialJobs` is known; for any
 * other the boundary's fallback is sent.
 */
export function useJobSuspense<J = RegisteredJobs>(jobId: string): JobSnapshot<J> {
  const { session } = useHookScope();
  const { job, error } = useJob<J>(jobId);
  if (job !== undefined) return job;
  if (error !== undefined) throw error;
  if (typeof window === 'undefined') throw new Error(`useJobSuspense: job ${jobId} is not among the initialJobs.`);
  const { refusal, news } = arrivalOf(session, jobId);
  throw refusal ?? news;
}
