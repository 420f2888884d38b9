import { isJobSnapshot, type AnyJobSnapshot, type ClientOptions, type WebSocketService } from '@notes/job-events-client';
import { useMemo, useState, type ReactNode } from 'react';

import { JobEventsContext, NO_JOBS } from './job-events-context.js';
import { sharedSession } from './shared-session.js';
import type { StageLabels } from './stage-label.js';
import type { UntypedJob } from './untyped.js';
import { checkedUser, useFollowing } from './use-hook-scope.js';
import { useOwnSession } from './use-own-session.js';
import { sessionOf } from './user-session.js';

export interface JobEventsProviderProps {
  /** A client of your own. Connecting and disconnecting it is done here unless it is connected already. */
  readonly client?: WebSocketService | undefined;
  /**
   * Options for a client that this provider makes, and closes when it is removed. They may be written inline: of `auth`,
   * `fetch`, `onError` and `watchWakeSignals` the newest count. Another one that changes is kept as it was, and reported to
   * `onError` as `INVALID_OPTIONS`: give the provider another `key` for a new client. With neither `client` nor `options`
   * it is the shared client, `WebSocketService.getInstance()`.
   */
  readonly options?: ClientOptions | undefined;
  /**
   * Whose jobs are followed and shown by everything inside. `null` and `undefined`: nobody's, and nothing is connected, as
   * before a sign-in. Without this property the hooks inside show the jobs of whoever is followed, such as by a `useJobWebSocket`.
   */
  readonly userId?: string | null | undefined;
  /**
   * What a server component or a loader knows about the jobs of the first `userId`, as from `fetchJobs`, so that the
   * first paint is right. Another user's jobs are never shown for it.
   */
  readonly initialJobs?: readonly AnyJobSnapshot[] | undefined;
  /** What stages are called in `<JobProgress />`. */
  readonly stageLabels?: StageLabels | undefined;
  readonly children?: ReactNode;
}

/**
 * Gives one client and one user to every hook inside, and stays connected from page to page. Without a provider the
 * hooks use the shared client, and are connected while one of them is mounted.
 *
 * @example
 * <JobEventsProvider options={{ auth: freshToken }} userId={user?.id}>
 *   <App />
 * </JobEventsProvider>
 */
export function JobEventsProvider(props: JobEventsProviderProps) {
  const { client, options, userId, initialJobs, stageLabels, children } = props;
  const wanted = 'userId' in props ? (userId ?? null) : undefined;
  const ownSession = useOwnSession(client ? undefined : options);
  const session = client ? sessionOf(client) : (ownSession ?? sharedSession());
  const [first] = useState({ userId, jobs: jobsAmong(initialJobs) });
  const jobs = userId === first.userId ? first.jobs : NO_JOBS;

  // By their contents: labels are written inline.
  const labels = JSON.stringify(stageLabels);
  const scope = useMemo(
    () => ({ session, ...checkedUser(wanted), initialJobs: jobs, stageLabels: labels ? (JSON.parse(labels) as StageLabels) : undefined }),
    [session, wanted, jobs, labels],
  );
  useFollowing(scope);
  return <JobEventsContext.Provider value={scope}>{children}</JobEventsContext.Provider>;
}

/** A loader that failed may have handed over anything. */
const jobsAmong = (initialJobs: unknown): readonly UntypedJob[] =>
  Array.isArray(initialJobs) ? (initialJobs.filter(isJobSnapshot) as unknown[] as UntypedJob[]) : NO_JOBS;
