import { isFinal } from '@notes/job-events-client';

import type { UntypedJob } from './untyped.js';
import type { UserSession } from './user-session.js';

/**
 * The job that a page with room for one shows: the one tracked last, also while nothing is known about it yet; after a
 * reload the newest that this tab tracked; else the newest that is unfinished.
 */
export function jobInFront({ client, lastTrackedId }: UserSession): UntypedJob | undefined {
  const trackedLast = lastTrackedId();
  if (trackedLast !== undefined) return client.getJob(trackedLast);
  const jobs = client.getJobs();
  return jobs.find(({ jobId }) => client.isTracked(jobId)) ?? newestUnfinished(jobs);
}

/** `jobs`: newest first. */
export const newestUnfinished = (jobs: readonly UntypedJob[]): UntypedJob | undefined =>
  jobs.find(({ status }) => !isFinal(status));
