import type { JobSnapshot, RegisteredJobs } from '@notes/job-events-client';

import { useHookScope, useJobsIn } from './use-hook-scope.js';

/**
 * All jobs of the user that are unfinished or have recently finished and were not dismissed, newest `createdAt` first.
 * Needs a provider, or a `useJobWebSocket` that is mounted. Renders again whenever any of them changes; for one row of a
 * list use `useJob`.
 */
export function useJobs<J = RegisteredJobs>(): readonly JobSnapshot<J>[] {
  return useJobsIn(useHookScope()) as readonly JobSnapshot<J>[];
}
