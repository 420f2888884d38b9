import type {
  ClientError,
  ConnectionState,
  HandlerOptions,
  JobHandlers,
  JobSnapshot,
  RegisteredJobs,
} from '@notes/job-events-client';

import { jobInFront, newestUnfinished } from './job-in-front.js';
import { useConnectionStateIn, useErrorIn, useFollowing, useHookScope, useJobsIn, useSessionValue } from './use-hook-scope.js';
import { useJobHandlers } from './use-job-handlers.js';
import type { JobActions } from './user-session.js';

export type JobWebSocketOptions<J = RegisteredJobs> = JobHandlers<J> & {
  /** Whose jobs to follow. `undefined` or `null`: nobody's. Left out: those of the provider's user. */
  readonly userId?: string | null | undefined;
  /**
   * Whose ends the callbacks are for: `tracked` (default) are the jobs that this tab tracked, so that not every open tab
   * navigates; `all` is for notification centres.
   */
  readonly callbacks?: HandlerOptions['callbacks'];
};

export interface JobWebSocket<J = RegisteredJobs> extends JobActions {
  /** The job tracked last, else the newest unfinished one. */
  readonly jobProgress: JobSnapshot<J> | undefined;
  /** All jobs that were not dismissed, newest `createdAt` first. */
  readonly jobs: readonly JobSnapshot<J>[];
  readonly isConnected: boolean;
  readonly connectionState: ConnectionState;
  /** Why there are no jobs: `userId` is no user's id, or the server refused the user's jobs or the connection for good. */
  readonly error: ClientError | undefined;
}

/**
 * Follows a user's jobs, live: `jobs` and `jobProgress` are always their newest known states, and the callbacks are
 * called once for each end. The callbacks may be inline functions; changing them costs nothing. With another `userId`
 * everything begins anew, and nothing of the user before is ever shown.
 *
 * @example
 * const { jobProgress, trackJob } = useJobWebSocket({
 *   userId: user?.id,
 *   onJobCompleted: ({ noteId }) => navigate(`/notes/${noteId}`),
 * });
 */
export function useJobWebSocket(options?: JobWebSocketOptions): JobWebSocket;
// Apart, because TypeScript gives a map of functions no types while it still infers a type argument.
export function useJobWebSocket<J = never>(options?: [J] extends [never] ? never : JobWebSocketOptions<J>): JobWebSocket<J>;
export function useJobWebSocket(given: object = {}): any {
  const options = given as JobWebSocketOptions;
  const scope = useHookScope('userId' in options ? (options.userId ?? null) : undefined);
  useFollowing(scope);
  useJobHandlers(scope, options, options.callbacks);

  const jobs = useJobsIn(scope);
  const jobProgress = useSessionValue(scope, jobInFront, newestUnfinished);
  const connectionState = useConnectionStateIn(scope);
  return {
    jobProgress,
    jobs,
    isConnected: connectionState === 'CONNECTED',
    connectionState,
    error: useErrorIn(scope),
    ...scope.session.actions,
  };
}
