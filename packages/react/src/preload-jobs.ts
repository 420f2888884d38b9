import type { WebSocketService } from '@notes/job-events-client';

import { followedJobsOf } from './followed-jobs.js';
import { invalidId } from './invalid-id.js';
import { sessionOf } from './user-session.js';

/** For how long a user and jobs are followed for a page that is still to come, in ms. */
const PRELOAD_MS = 30_000;

/**
 * Begins to load before anything is rendered, as in a router's loader or when a link is hovered: connects, follows the
 * user and the given jobs for 30 s. Components that are mounted by then take over; otherwise everything is let go of.
 * Does nothing on a server. Ids that no user or job can have go to `onError` of the client.
 *
 * @example
 * loader: ({ params }) => preloadJobs(client, { userId, jobIds: [params.jobId] })
 */
export function preloadJobs<J>(client: WebSocketService<J>, wanted: { readonly userId: string; readonly jobIds?: readonly string[] }): void {
  if (typeof window === 'undefined') return;
  const { userId, jobIds = [] } = wanted;
  const session = sessionOf(client);
  const errors = [invalidId('userId', userId ?? ''), ...jobIds.map((jobId) => invalidId('jobId', jobId ?? ''))];
  const error = errors.find(Boolean);
  if (error) return session.report(error);
  const releases = [session.hold(userId, []), ...jobIds.map((jobId) => followedJobsOf(session).follow(jobId, () => {}))];
  setTimeout(() => releases.forEach((release) => release()), PRELOAD_MS);
}
