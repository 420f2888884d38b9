import type { ClientError, ConnectionStatus, RegisteredJobs, WebSocketService } from '@notes/job-events-client';

import { useErrorIn, useHookScope, useSessionValue } from './use-hook-scope.js';
import type { JobActions } from './user-session.js';

export interface JobEvents<J = RegisteredJobs> extends JobActions {
  readonly client: WebSocketService<J>;
  /** The state with its reason, what the server said, and when the next attempt begins. */
  readonly connection: ConnectionStatus;
  /** Why there are no jobs: `userId` is no user's id, or the server refused the user's jobs or the connection for good. */
  readonly error: ClientError | undefined;
  /**
   * Connects unless connected; ends a pause between two attempts, and tries again after a refusal. After `reset` it
   * follows the given user again.
   */
  connect(): Promise<void>;
  /**
   * For a logout: disconnects and forgets jobs and what was tracked. Nothing is followed until a `userId` is given anew,
   * the same one too, a component that gives one is mounted, or `connect` or `reconnect` is called.
   */
  reset(): void;
}

const NOT_CONNECTED: ConnectionStatus = { state: 'DISCONNECTED', reason: 'DISCONNECT_CALLED' };

/**
 * The client of the provider, or the shared one, its connection, and what can be done with jobs: for the buttons of a row,
 * for example. Renders again when the connection changes, and not for any job.
 *
 * @example
 * const { connection, reconnect, cancelJob } = useJobEvents();
 * if (connection.error) return <button onClick={() => void reconnect()}>Try again</button>;
 */
export function useJobEvents<J = RegisteredJobs>(): JobEvents<J> {
  const scope = useHookScope();
  const { session } = scope;
  const { connect, reset, actions } = session;
  const connection = useSessionValue(scope, ({ client }) => client.connection, () => NOT_CONNECTED);
  return {
    client: session.client as unknown as WebSocketService<J>,
    connection,
    error: useErrorIn(scope),
    connect,
    reset,
    ...actions,
  };
}
