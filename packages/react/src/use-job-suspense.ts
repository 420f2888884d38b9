import type { JobSnapshot, RegisteredJobs } from '@notes/job-events-client';
import { useCallback, useMemo } from 'react';

import { followedJobsOf } from './followed-jobs.js';
import { invalidId } from './invalid-id.js';
import { arrivalOf } from './job-arrival.js';
import { initialState, PENDING, type UntypedJobState } from './job-state.js';
import { keepEqual } from './keep-equal.js';
import { useHookScope, useSessionValue } from './use-hook-scope.js';

/**
 * Like {@link useJob}, but suspends until the job is known, so that there is always one. With several ids all are asked
 * for at once, and it suspends until the last is known. Needs a provider outside of
 * the Suspense boundary, since a component that has suspended keeps no connection. Throws to the error boundary when the
 * server does not know the job, or refuses it or the connection, and for an id that no job can have; a boundary that is
 * reset a second or more later waits for the job again. A job that was dismissed meanwhile is still shown. On a server only a job in the provider's `initialJobs`
 * is known; for any other the boundary's fallback is sent.
 *
 * @example
 * const [notes, thumbnails] = useJobSuspense([notesJobId, thumbnailsJobId]);
 */
export function useJobSuspense<J = RegisteredJobs>(jobId: string): JobSnapshot<J>;
export function useJobSuspense<J = RegisteredJobs, const Ids extends readonly string[] = readonly string[]>(
  jobIds: Ids,
): { readonly [I in keyof Ids]: JobSnapshot<J> };
export function useJobSuspense(asked: string | readonly string[]): unknown {
  const scope = useHookScope();
  const { session } = scope;
  const jobIds = Array.isArray(asked) ? (asked as readonly string[]) : [asked as string];
  for (const jobId of jobIds) {
    const invalid = invalidId('jobId', jobId ?? '');
    if (invalid) throw invalid;
  }
  if (scope.error) throw scope.error;

  // No id has a blank.
  const key = jobIds.join(' ');
  const keep = useMemo(() => keepEqual<readonly UntypedJobState[]>(), []);
  const { follow, stateOf } = followedJobsOf(session);
  const states = useSessionValue(
    scope,
    () => keep(jobIds.map((jobId) => stateOf(jobId, 'dismissed too'))),
    (initialJobs) => keep(jobIds.map((jobId) => initialState(initialJobs, jobId) ?? PENDING)),
    useCallback(
      (listener) => {
        const releases = (key ? key.split(' ') : []).map((jobId) => follow(jobId, listener));
        return () => releases.forEach((release) => release());
      },
      [follow, key],
    ),
  );

  const failed = states.find(({ error }) => error);
  if (failed) throw failed.error;
  const missing = jobIds.filter((_jobId, index) => !states[index]!.job);
  if (missing.length > 0) {
    if (typeof window === 'undefined') throw new Error(`useJobSuspense needs initialJobs with ${missing}.`);
    const arrivals = missing.map((jobId) => arrivalOf(session, jobId));
    const refused = arrivals.find(({ refusal }) => refusal);
    refused?.forgetSoon();
    throw refused?.refusal ?? Promise.all(arrivals.map(({ news }) => news));
  }
  const jobs = states.map(({ job }) => job);
  return Array.isArray(asked) ? jobs : jobs[0];
}
