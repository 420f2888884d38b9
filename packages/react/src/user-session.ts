import type { AnyJobSnapshot, ClientError, Subscription, WebSocketService } from '@notes/job-events-client';

import type { FollowedJobs } from './followed-jobs.js';
import { invalidId } from './invalid-id.js';
import { shared } from './shared-across-builds.js';
import type { UntypedClient } from './untyped.js';

/**
 * Whose jobs a client follows, shared by everything in React that uses this client: the first to hold on to a user
 * subscribes and connects, the last to let go undoes it, and everybody between shares one subscription.
 */
export interface UserSession {
  readonly client: UntypedClient;
  /** The user that the client's jobs belong to. Another user's must not be shown meanwhile. */
  userId(): string | undefined;
  /** The job that `trackJob` was called with last. */
  lastTrackedId(): string | undefined;
  /**
   * Calls `listener` when anything has changed that can be read here or from the client: these jobs, or with `undefined`
   * the user, the connection, or any job. With `error`, the server refused the job.
   */
  readonly subscribe: (listener: SessionListener) => () => void;
  /** Stands for the user who is followed: another object after another user, and after a reset. */
  identity(): object;
  /** The user's list is on its way, and may bring any job. */
  isListDue(): boolean;
  /** The initial jobs that were shown before: they are for the first paint alone, and old at any later one. */
  readonly taken: { has(initialJobs: object): boolean };
  /**
   * Follows the jobs of a user until the returned function is called. The newest user wins over the one before, who is
   * followed again when the newest is let go of by all and the one before is not.
   */
  hold(userId: string, initialJobs: readonly AnyJobSnapshot[]): () => void;
  /** Why there are no jobs: the server refused the user's, or the connection for good. */
  error(): ClientError | undefined;
  /** Hands an error of a component to `onError` of the client, once for each message. */
  report(error: ClientError): void;
  /** Connects, and follows again whose jobs were followed before a reset. */
  connect(): Promise<void>;
  /** Disconnects and forgets everything. Nobody is followed until `connect`, or until a user is held anew. */
  reset(): void;
  /** What the hook hands out, the same functions for as long as the client is the same. */
  readonly actions: JobActions;
  /** Made by the first component that follows a job by its id. */
  followedJobs?: FollowedJobs;
}

type SessionListener = (jobIds?: Iterable<string>, error?: ClientError) => void;

export interface JobActions {
  /**
   * Makes a job this tab's own, so that its end is handed to the callbacks, even if it has ended already. An id that no
   * job can have goes to `onError` of the client.
   */
  trackJob(jobId: string): void;
  untrackJob(jobId: string): void;
  /** Asks the server to cancel; resolves when it has taken the request, and rejects when it refuses. */
  cancelJob(jobId: string): Promise<void>;
  /** Hides a job, until a later attempt of it. */
  dismissJob(jobId: string): void;
  /** Opens a new connection with a new token, also after a refusal, and where there is one. */
  reconnect(): Promise<void>;
}

function createUserSession(client: UntypedClient): UserSession {
  const listeners = new Set<SessionListener>();
  let stopListening: (() => void) | undefined;
  /** How many hold on to each user, the newest last. */
  const holders = new Map<string, number>();
  let following: { readonly userId: string; readonly stop: () => void } | undefined;
  let lastUserId: string | undefined;
  let identity = {};
  let lastTrackedId: string | undefined;
  let isLastTrackedSeen = false;

  let userError: ClientError | undefined;
  const reported = new Set<string>();
  const taken = new WeakSet<object>();

  function notify(...change: Parameters<SessionListener>): void {
    checkLastTracked();
    listeners.forEach((listener) => listener(...change));
  }

  /** A job that was refused, or has left the list, is in front no longer. */
  function checkLastTracked(): void {
    if (lastTrackedId === undefined) return;
    const isSeen = client.getJob(lastTrackedId) !== undefined;
    if (isLastTrackedSeen ? !isSeen : !client.isTracked(lastTrackedId)) lastTrackedId = undefined;
    isLastTrackedSeen ||= isSeen;
  }

  function refused(error: ClientError, subscription: Subscription): void {
    if ('jobId' in subscription) return notify([subscription.jobId], error);
    if (subscription.userId === following?.userId) userError = error;
    notify();
  }

  function report(error: ClientError): void {
    if (reported.has(error.message) || reported.size >= MOST_REPORTED) return;
    reported.add(error.message);
    client.reportError(error);
  }

  function listen(): void {
    stopListening = client.on({ onJobsChange: notify, onConnectionChange: () => notify(), onSubscriptionError: refused });
  }

  /** Also while no hook is mounted, so that one that comes later knows why there are no jobs. */
  function adjustListening(): void {
    if (listeners.size > 0 || following) {
      if (!stopListening) listen();
    } else {
      stopListening?.();
      stopListening = undefined;
    }
  }

  function connectFor(userId: string): () => void {
    const isOurs = client.state === 'DISCONNECTED'; // else the application opened it, and will close it
    const unsubscribe = client.subscribe({ userId });
    void client.connect(); // whether it succeeds is told by its state
    return () => {
      unsubscribe();
      if (isOurs) client.disconnect();
    };
  }

  function follow(userId: string, initialJobs: readonly AnyJobSnapshot[]): void {
    following?.stop();
    if (lastUserId !== userId) forgetUser();
    lastUserId = userId;
    userError = undefined;
    following = { userId, stop: connectFor(userId) };
    adjustListening();
    if (!taken.has(initialJobs)) client.addJobs(initialJobs);
    taken.add(initialJobs);
    notify();
  }

  function forgetUser(): void {
    lastTrackedId = userError = undefined;
    identity = {};
  }

  function stopFollowing(): void {
    following?.stop();
    following = undefined;
    adjustListening();
    followHeld();
    notify();
  }

  /** Follows the newest user whom anybody holds on to, if any. */
  function followHeld(): void {
    const newest = [...holders.keys()].findLast((userId) => holders.get(userId)! > 0);
    if (newest !== undefined) follow(newest, []);
  }

  function connect(): Promise<void> {
    // After a reset, of the client itself too, nothing is subscribed.
    if (client.state === 'DISCONNECTED') {
      identity = {};
      followHeld();
    }
    return client.connect();
  }

  function setLastTracked(jobId: string | undefined): void {
    lastTrackedId = jobId;
    isLastTrackedSeen = false;
    notify();
  }

  const noLongerInFront = (jobId: string) => {
    if (lastTrackedId === jobId) setLastTracked(undefined);
  };

  return {
    client,
    userId: () => following?.userId,
    lastTrackedId: () => lastTrackedId,
    subscribe(listener) {
      listeners.add(listener);
      adjustListening();
      return () => {
        listeners.delete(listener);
        adjustListening();
      };
    },
    hold(userId, initialJobs) {
      const already = holders.get(userId) ?? 0;
      if (following?.userId !== userId) {
        holders.delete(userId);
        follow(userId, initialJobs);
      }
      holders.set(userId, already + 1);
      return () => {
        holders.set(userId, holders.get(userId)! - 1);
        // Effects that are undone and done again at once, as in StrictMode, must not cost a connection.
        queueMicrotask(() => {
          if (holders.get(userId) !== 0) return;
          holders.delete(userId);
          if (following?.userId === userId) stopFollowing();
        });
      };
    },
    identity: () => identity,
    isListDue: () => following !== undefined && !client.isListLoaded && userError === undefined,
    taken,
    error: () => userError ?? client.connection.error,
    report,
    connect,
    reset() {
      client.reset();
      following = undefined;
      forgetUser();
      notify();
    },
    actions: {
      trackJob(jobId) {
        const error = invalidId('jobId', jobId ?? '');
        if (error) return report(error);
        client.trackJob(jobId);
        setLastTracked(jobId);
      },
      untrackJob(jobId) {
        client.untrackJob(jobId);
        noLongerInFront(jobId);
      },
      cancelJob: (jobId) => client.cancel(jobId),
      dismissJob(jobId) {
        client.dismissJob(jobId);
        noLongerInFront(jobId);
      },
      reconnect() {
        if (client.isConnected) client.disconnect();
        return connect();
      },
    },
  };
}

/** Errors of an application that makes a new mistake each time are told for so long. */
const MOST_REPORTED = 100;

/** The one session of a client. */
export function sessionOf<J>(client: WebSocketService<J>): UserSession {
  const { sessions } = shared;
  const session = sessions.get(client) ?? createUserSession(client as unknown as UntypedClient);
  sessions.set(client, session);
  return session;
}
