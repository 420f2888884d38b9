import { isFinal, type ClientError } from '@notes/job-events-client';

import { failedJob, IDLE, knownJob, PENDING, type UntypedJobState } from './job-state.js';
import type { UntypedJob } from './untyped.js';
import type { UserSession } from './user-session.js';

interface FollowedJob {
  readonly listeners: Set<() => void>;
  /** Ends the subscription of its own. Absent while the user's list covers the job. */
  unsubscribe?: (() => void) | undefined;
  /** The last state that was known, also when the client has let it go. */
  last?: UntypedJob | undefined;
  /** The last state that was known is of a job that was dismissed. */
  isDismissed?: boolean | undefined;
  error?: ClientError | undefined;
}

/** The jobs that components follow by their ids. Each listener hears of its own job alone. */
export interface FollowedJobs {
  /**
   * Follows a job until the returned function is called. A job that the user's list brings costs no subscription of its
   * own. Calls `listener` when what `stateOf` returns for the job may have changed.
   */
  follow(jobId: string, listener: () => void): () => void;
  /** Asks once more for a job that the server has refused, or did not know. */
  askAgain(jobId: string): void;
  /** The same object as long as nothing changes. A job that was dismissed is none, unless `dismissed` says that it is wanted too. */
  stateOf(jobId: string, dismissed?: 'dismissed too'): UntypedJobState;
}

/** The one of a session. */
export const followedJobsOf = (session: UserSession): FollowedJobs => (session.followedJobs ??= createFollowedJobs(session));

function createFollowedJobs(session: UserSession): FollowedJobs {
  const { client } = session;
  const followed = new Map<string, FollowedJob>();
  let identity = session.identity();
  let isAskDue = false;

  /** Jobs arrived, the user's list did, another user is followed, or the server refused a job. */
  function update(jobIds: Iterable<string> = followed.keys(), error?: ClientError): void {
    if (identity !== session.identity()) restart();
    let isMissing = false;
    for (const jobId of jobIds) {
      const entry = followed.get(jobId);
      if (!entry) continue;
      if (error) entry.error = error;
      if (!look(jobId, entry)) isMissing = true;
      entry.listeners.forEach((listener) => listener());
    }
    if (isMissing) askSoon();
  }

  /** Keeps what the client knows of the job, and will let go of. */
  function look(jobId: string, entry: FollowedJob): boolean {
    const job = client.findJob(jobId);
    if (job) {
      entry.last = job;
      entry.isDismissed = job !== client.getJob(jobId);
      entry.error = undefined;
    }
    return job !== undefined;
  }

  /** What was known of the jobs belongs to the user before, and after a reset nothing is subscribed. */
  function restart(): void {
    identity = session.identity();
    for (const entry of followed.values()) {
      entry.unsubscribe?.();
      entry.unsubscribe = entry.last = entry.error = entry.isDismissed = undefined;
    }
  }

  /** After the effects of this commit: that of the provider, which follows the user, runs last. */
  function askSoon(): void {
    if (!isAskDue) queueMicrotask(ask);
    isAskDue = true;
  }

  function ask(): void {
    isAskDue = false;
    if (session.userId() === undefined || session.isListDue()) return;
    for (const [jobId, entry] of followed)
      if (!entry.error && !(entry.last && isFinal(entry.last.status)) && !client.findJob(jobId)) entry.unsubscribe ??= client.subscribe({ jobId });
  }

  session.subscribe(update);

  return {
    follow(jobId, listener) {
      const entry: FollowedJob = followed.get(jobId) ?? { listeners: new Set() };
      followed.set(jobId, entry);
      entry.listeners.add(listener);
      look(jobId, entry);
      askSoon();
      return () => {
        entry.listeners.delete(listener);
        // Effects that are undone and done again at once, as in StrictMode, cost no subscription.
        queueMicrotask(() => {
          if (entry.listeners.size > 0 || followed.get(jobId) !== entry) return;
          followed.delete(jobId);
          entry.unsubscribe?.();
        });
      };
    },
    askAgain(jobId) {
      const entry = followed.get(jobId);
      if (!entry?.error) return;
      entry.unsubscribe?.();
      entry.unsubscribe = entry.error = undefined;
      update([jobId]);
    },
    stateOf(jobId, dismissed) {
      const known = client.findJob(jobId);
      const shown = dismissed ? known : client.getJob(jobId);
      if (shown) return knownJob(shown);
      const { last, isDismissed, error = client.connection.error } = followed.get(jobId) ?? {};
      if (!dismissed && (isDismissed || known)) return IDLE;
      // A job that has left the list some time after its end is still what its component shows.
      if (last && isFinal(last.status)) return knownJob(last);
      if (error) return failedJob(error);
      return last ? IDLE : PENDING;
    },
  };
}
