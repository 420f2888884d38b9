import type { AnyJobSnapshot, WebSocketService } from '@notes/job-events-client';

import type { UntypedClient } from './untyped.js';

/** A user whose jobs are followed, for as long as somebody holds on to it. */
interface Following {
  readonly userId: string;
  readonly stop: () => void;
  holders: number;
}

/**
 * Whose jobs a client follows, shared by everything in React that uses this client: the first to hold on to a user
 * subscribes and connects, the last to let go undoes it, and everybody between shares one subscription.
 */
export class UserSession {
  readonly client: UntypedClient;
  readonly #listeners = new Set<() => void>();
  /** Jobs that had to be asked for by their id, because they did not come with the user's own. */
  readonly #askedFor = new Set<string>();
  #stopListening: (() => void) | undefined;
  #following: Following | undefined;
  #lastUserId: string | undefined;
  #lastTrackedId: string | undefined;

  constructor(client: UntypedClient) {
    this.client = client;
  }

  /** The user that the client's jobs belong to. Another user's must not be shown meanwhile. */
  get userId(): string | undefined {
    return this.#following?.userId;
  }

  /** The job that `trackJob` was called with last. */
  get lastTrackedId(): string | undefined {
    return this.#lastTrackedId;
  }

  /** Calls `listener` when anything has changed that can be read here or from the client: user, jobs, connection. */
  readonly subscribe = (listener: () => void): (() => void) => {
    if (this.#listeners.size === 0) this.#listen();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#stopListening?.();
    };
  };

  /** Follows the jobs of a user until the returned function is called. The newest user wins over the one before. */
  hold(userId: string, initialJobs: readonly AnyJobSnapshot[]): () => void {
    const following = this.userId === userId ? this.#following! : this.#follow(userId, initialJobs);
    following.holders += 1;
    return () => {
      following.holders -= 1;
      // Effects that are undone and done again at once, as in StrictMode, must not cost a connection.
      queueMicrotask(() => {
        if (following.holders === 0 && this.#following === following) this.#letGo();
      });
    };
  }

  /** What the hook hands out, the same functions for as long as the client is the same. */
  readonly actions = {
    trackJob: (jobId: string): void => {
      this.client.trackJob(jobId);
      this.#setLastTracked(jobId);
    },
    untrackJob: (jobId: string): void => {
      this.client.untrackJob(jobId);
      if (this.#lastTrackedId === jobId) this.#setLastTracked(undefined);
    },
    cancelJob: (jobId: string): Promise<void> => this.client.cancel(jobId),
    dismissJob: (jobId: string): void => {
      this.client.dismissJob(jobId);
      if (this.#lastTrackedId === jobId) this.#setLastTracked(undefined);
    },
  };

  /**
   * Asks for one job by its id. The user's own jobs come anyway: a job that is known already, without having been asked
   * for by anybody, costs no subscription of its own.
   */
  followJob(jobId: string): () => void {
    if (this.client.getJob(jobId) !== undefined && !this.#askedFor.has(jobId)) return () => {};
    this.#askedFor.add(jobId);
    return this.client.subscribe({ jobId });
  }

  #follow(userId: string, initialJobs: readonly AnyJobSnapshot[]): Following {
    this.#following?.stop();
    if (this.#lastUserId !== userId) this.#forgetUser();
    this.#lastUserId = userId;
    this.#following = { userId, holders: 0, stop: this.#connect(userId) };
    this.client.addJobs(initialJobs);
    this.#notify();
    return this.#following;
  }

  #connect(userId: string): () => void {
    const client = this.client;
    const isOurs = client.state === 'DISCONNECTED'; // else the application opened it, and will close it
    const unsubscribe = client.subscribe({ userId });
    void client.connect(); // whether it succeeds is told by its state
    return () => {
      unsubscribe();
      if (isOurs) client.disconnect();
    };
  }

  #forgetUser(): void {
    this.#askedFor.clear();
    this.#lastTrackedId = undefined;
  }

  #letGo(): void {
    this.#following?.stop();
    this.#following = undefined;
    this.#notify();
  }

  #setLastTracked(jobId: string | undefined): void {
    this.#lastTrackedId = jobId;
    this.#notify();
  }

  #listen(): void {
    const notify = () => this.#notify();
    const stopJobs = this.client.store.subscribe(notify);
    const stopStates = this.client.on({ onStateChange: notify });
    this.#stopListening = () => {
      stopJobs();
      stopStates();
    };
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

const sessions = new WeakMap<object, UserSession>();

/** The one session of a client. */
export function sessionOf<J>(client: WebSocketService<J>): UserSession {
  let session = sessions.get(client);
  if (session === undefined) {
    session = new UserSession(client as unknown as UntypedClient);
    sessions.set(client, session);
  }
  return session;
}
