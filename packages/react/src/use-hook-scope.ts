import type { ClientError, ConnectionState } from '@notes/job-events-client';
import { useContext, useEffect, useMemo, useSyncExternalStore } from 'react';

import { invalidId } from './invalid-id.js';
import { JobEventsContext, NO_JOBS, type HookScope, type WantedUser } from './job-events-context.js';
import { sharedSession } from './shared-session.js';
import type { UntypedJob } from './untyped.js';
import type { UserSession } from './user-session.js';

/** The provider's scope, or the shared client's where there is no provider; for another user where one is given. */
export function useHookScope(userId?: WantedUser): HookScope {
  const provided = useContext(JobEventsContext);
  return useMemo(() => scopeIn(provided, userId), [provided, userId]);
}

export function scopeIn(provided: HookScope | undefined, userId?: WantedUser): HookScope {
  if (provided !== undefined && (userId === undefined || userId === provided.userId)) return provided;
  return { session: provided?.session ?? sharedSession(), ...checkedUser(userId), initialJobs: NO_JOBS };
}

/** An id that no user can have is nobody's. */
export function checkedUser<T extends WantedUser>(userId: T): { userId: T | null; error: ClientError | undefined } {
  const error = invalidId('userId', userId);
  return { userId: error ? null : userId, error };
}

/** Follows the scope's user while the component is mounted. */
export function useFollowing({ session, userId, error, initialJobs }: HookScope): void {
  useEffect(() => {
    if (error) session.report(error);
  }, [session, error]);
  useEffect(
    () => (typeof userId === 'string' ? session.hold(userId, initialJobs) : undefined),
    [session, userId, initialJobs],
  );
}

/**
 * Reads something from the session, and renders again only when it has become something else. While the session
 * belongs to another user, and on a server, it is `idle`, which may take from the initial jobs.
 *
 * @param subscribe to less than everything that changes; the same function as long as it reads the same
 */
export function useSessionValue<T>(
  { session, userId, initialJobs }: HookScope,
  read: (session: UserSession) => T,
  idle: (initialJobs: readonly UntypedJob[]) => T,
  subscribe: (listener: () => void) => () => void = session.subscribe,
): T {
  return useSyncExternalStore(
    subscribe,
    () => (isShown(session, userId) ? read(session) : idle(jobsBeforeFollowing(session, initialJobs))),
    () => idle(initialJobs),
  );
}

/** All jobs that are shown, newest `createdAt` first. */
export const useJobsIn = (scope: HookScope): readonly UntypedJob[] =>
  useSessionValue(scope, ({ client }) => client.getJobs(), (initialJobs) => initialJobs);

export const useConnectionStateIn = (scope: HookScope): ConnectionState =>
  useSessionValue(scope, ({ client }) => client.state, () => 'DISCONNECTED');

export function useErrorIn(scope: HookScope): ClientError | undefined {
  const error = useSessionValue(scope, (session) => session.error(), () => undefined);
  return scope.error ?? error;
}

/** Says whether what is known now belongs to the user who is wanted. */
export function isShown(session: UserSession, wanted: WantedUser): boolean {
  const followed = session.userId();
  return followed !== undefined && (wanted === undefined || wanted === followed);
}

/** The initial jobs are for the first paint alone. */
export const jobsBeforeFollowing = (session: UserSession, initialJobs: readonly UntypedJob[]): readonly UntypedJob[] =>
  session.taken.has(initialJobs) ? NO_JOBS : initialJobs;
