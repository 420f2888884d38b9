import { isFinal, type ClientError } from '@notes/job-events-client';

import { failedJob, IDLE, knownJob, PENDING, type UntypedJobState } from './job-state.js';
import type { UntypedClient, UntypedJob } from './untyped.js';

interface FollowedJob {
  holders: number;
  /** Ends the subscription of its own. Absent while the user's list covers the job. */
  unsubscribe?: () => void;
  /** The last state that was shown. */
  last?: UntypedJob;
  error?: ClientError;
}

/** The jobs that components follow by their ids. */
export interface FollowedJobs {
  /** Counted. A job that the user's list brings costs no subscription of its own. */
  follow(jobId: string): () => void;
  stateOf(jobId: string): UntypedJobState;
  /** Jobs arrived, or the list did. */
  update(): void;
  /** The server refused the job, or does not know it any more. */
  fail(jobId: string, error: ClientError): void;
  /** Another user is followed: what was known of the jobs is forgotten. */
  restart(): void;
}

const hasEnded = ({ last }: FollowedJob): boolean => last !== undefined && isFinal(last.status);

/** `isListDue`: the user's list is on its way, and may bring the jobs. */
export function createFollowedJobs(client: UntypedClient, isListDue: () => boolean): FollowedJobs {
  const followed = new Map<string, FollowedJob>();
  let isAskDue = false;

  function update(): void {
    let isMissing = false;
    for (const [jobId, entry] of followed) {
      const job = client.getJob(jobId);
      if (job) {
        entry.last = job;
        delete entry.error;
      } else isMissing ||= !hasEnded(entry) && !entry.unsubscribe;
    }
    if (isMissing && !isListDue()) askSoon();
  }

  /** After the effects of this commit: that of the provider, which follows the user, runs last. */
  function askSoon(): void {
    if (!isAskDue) queueMicrotask(ask);
    isAskDue = true;
  }

  function ask(): void {
    isAskDue = false;
    if (isListDue()) return;
    for (const [jobId, entry] of followed)
      if (!hasEnded(entry) && !client.getJob(jobId)) entry.unsubscribe ??= client.subscribe({ jobId });
  }

  return {
    update,
    follow(jobId) {
      const entry = followed.get(jobId) ?? { holders: 0 };
      followed.set(jobId, entry);
      entry.holders++;
      askSoon();
      return () => {
        entry.holders--;
        // Effects that are undone and done again at once, as in StrictMode, cost no subscription.
        queueMicrotask(() => {
          if (entry.holders > 0 || followed.get(jobId) !== entry) return;
          followed.delete(jobId);
          entry.unsubscribe?.();
        });
      };
    },
    stateOf(jobId) {
      const job = client.getJob(jobId);
      if (job) return knownJob(job);
      const { last, error = client.connection.error } = followed.get(jobId) ?? {};
      if (error) return failedJob(error);
      // A job that has left the list some time after its end is still what its component shows.
      if (last) return isFinal(last.status) ? knownJob(last) : IDLE;
      return PENDING;
    },
    fail(jobId, error) {
      const entry = followed.get(jobId);
      if (entry) entry.error = error;
    },
    restart() {
      for (const entry of followed.values()) {
        delete entry.last;
        delete entry.error;
      }
      askSoon();
    },
  };
}
