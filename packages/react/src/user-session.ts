import type { AnyJobSnapshot, WebSocketService } from '@notes/job-events-client';

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
  /** Calls `listener` when anything has changed that can be read here or from the client: user, jobs, connection. */
  readonly subscribe: (listener: () => void) => () => void;
  /**
   * Follows the jobs of a user until the returned function is called. The newest user wins over the one before, who is
   * followed again when the newest is let go of by all and the one before is not.
   */
  hold(userId: string, initialJobs: readonly AnyJobSnapshot[]): () => void;
  /**
   * Asks for one job by its id. The user's own jobs come anyway: a job that is known already, without having been asked
   * for by anybody, costs no subscription of its own.
   */
  followJob(jobId: string): () => void;
  /** What the hook hands out, the same functions for as long as the client is the same. */
  readonly actions: JobActions;
}

export interface JobActions {
  /** Makes a job this tab's own, so that its end is handed to the callbacks, even if it has ended already. */
  trackJob(jobId: string): void;
  untrackJob(jobId: string): void;
  /** Asks the server to cancel; resolves when it has taken the request, and rejects when it refuses. */
  cancelJob(jobId: string): Promise<void>;
  /** Hides a job, until a later attempt of it. */
  dismissJob(jobId: string): void;
}

function createUserSession(client: UntypedClient): UserSession {
  const listeners = new Set<() => void>();
  /** Jobs that had to be asked for by their id, because they did not come with the user's own. */
  const askedFor = new Set<string>();
  let stopListening = () => {};
  /** How many hold on to each user, the newest last. */
  const holders = new Map<string, number>();
  let following: { readonly userId: string; readonly stop: () => void } | undefined;
  let lastUserId: string | undefined;
  let lastTrackedId: string | undefined;
  let isLastTrackedSeen = false;

  function notify(): void {
    checkLastTracked();
    listeners.forEach((listener) => listener());
  }

  /** A job that was refused, or has left the list, is in front no longer. */
  function checkLastTracked(): void {
    if (lastTrackedId === undefined) return;
    const isSeen = client.getJob(lastTrackedId) !== undefined;
    if (isLastTrackedSeen ? !isSeen : !client.isTracked(lastTrackedId)) lastTrackedId = undefined;
    isLastTrackedSeen ||= isSeen;
  }

  function listen(): void {
    const stops = [client.store.subscribe(notify), client.on({ onStateChange: notify, onSubscriptionError: notify })];
    stopListening = () => stops.forEach((stop) => stop());
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
    if (lastUserId !== userId) lastTrackedId = undefined;
    lastUserId = userId;
    following = { userId, stop: connectFor(userId) };
    client.addJobs(initialJobs);
    notify();
  }

  function stopFollowing(): void {
    following?.stop();
    following = undefined;
    const before = [...holders.keys()].findLast((userId) => holders.get(userId)! > 0);
    if (before === undefined) notify();
    else follow(before, []);
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
      if (listeners.size === 0) listen();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stopListening();
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
    followJob(jobId) {
      if (client.getJob(jobId) && !askedFor.has(jobId)) return () => {};
      askedFor.add(jobId);
      return client.subscribe({ jobId });
    },
    actions: {
      trackJob(jobId) {
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
    },
  };
}

const sessions = new WeakMap<object, UserSession>();

/** The one session of a client. */
export function sessionOf<J>(client: WebSocketService<J>): UserSession {
  const session = sessions.get(client) ?? createUserSession(client as unknown as UntypedClient);
  sessions.set(client, session);
  return session;
}
