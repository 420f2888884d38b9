import type { ClientError, JobSnapshot, RegisteredJobs, WebSocketService } from '@notes/job-events-client';
import { queryOptions, type QueryClient, type QueryKey } from '@tanstack/react-query';

import { followedJobsOf } from './followed-jobs.js';
import { invalidId } from './invalid-id.js';
import { sessionOf, type UserSession } from './user-session.js';

/**
 * Options for `useQuery`, `useSuspenseQuery`, `ensureQueryData` and the others of TanStack Query. The data is the newest
 * state of the job: fetched once, and replaced in the cache whenever the job changes, for as long as the query is in the
 * cache. Follows the job as `useJob` does, so a user has to be followed: by `JobEventsProvider`, `useJobWebSocket`, or, in
 * a loader, `preloadJobs`.
 *
 * The query fails, without being tried again by itself, with the errors of `useJob`, also where it had a job; `refetch` asks
 * again. It is reset when another user is followed.
 *
 * @example
 * const { data: job, error } = useQuery(jobQueryOptions(client, jobId));
 */
export function jobQueryOptions<J = RegisteredJobs>(client: WebSocketService<J>, jobId: string) {
  return queryOptions<JobSnapshot<J>, ClientError, JobSnapshot<J>, readonly ['job-events', string]>({
    queryKey: ['job-events', jobId],
    queryFn: ({ client: queryClient, queryKey }) => fetchAndFollow(sessionOf(client), queryClient, queryKey) as Promise<JobSnapshot<J>>,
    // The cache is always up to date, and the client has its own way through a bad network.
    staleTime: Infinity,
    retry: false,
    networkMode: 'always',
    // States are frozen, and the same objects as in the client.
    structuralSharing: false,
  });
}

/** By the hash of its query, how to stop following a job. */
const followed = new WeakMap<QueryClient, Map<string, () => void>>();

function followedBy(queryClient: QueryClient): Map<string, () => void> {
  const known = followed.get(queryClient);
  if (known) return known;
  const releases = new Map<string, () => void>();
  followed.set(queryClient, releases);
  queryClient.getQueryCache().subscribe(({ type, query: { queryHash } }) => {
    if (type !== 'removed') return;
    releases.get(queryHash)?.();
    releases.delete(queryHash);
  });
  return releases;
}

/** Resolves to the job once it is known, and writes every later state into the cache. */
function fetchAndFollow(session: UserSession, queryClient: QueryClient, queryKey: QueryKey): Promise<unknown> {
  const jobId = queryKey[1] as string;
  const invalid = invalidId('jobId', jobId ?? '');
  if (invalid) return Promise.reject(invalid);
  const { follow, askAgain, stateOf } = followedJobsOf(session);
  const releases = followedBy(queryClient);
  const query = queryClient.getQueryCache().find({ queryKey, exact: true });
  const hash = query?.queryHash ?? '';
  let identity = session.identity();

  return new Promise((resolve, reject) => {
    const settle = () => {
      const { job, error } = stateOf(jobId, 'dismissed too');
      if (job) resolve(job);
      else if (error) reject(error);
      return { job, error };
    };
    releases.get(hash)?.();
    releases.set(
      hash,
      follow(jobId, () => {
        const isOtherUser = identity !== session.identity();
        identity = session.identity();
        const { job, error } = settle();
        if (job) queryClient.setQueryData(queryKey, job);
        else if (!queryClient.getQueryData(queryKey)) return;
        else if (isOtherUser) void queryClient.resetQueries({ queryKey, exact: true });
        // Not by another fetch, which would ask for the job again.
        else if (error) query?.setState({ data: undefined, error, status: 'error', errorUpdatedAt: Date.now() });
      }),
    );
    askAgain(jobId);
    settle();
  });
}
