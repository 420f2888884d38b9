import type { ClientError } from '@notes/job-events-client';

import { followedJobsOf } from './followed-jobs.js';
import { mentionNobodyFollowed } from './mention-nobody-followed.js';
import type { UserSession } from './user-session.js';

/** Waiting for a job of which nothing is known yet. */
interface JobArrival {
  /** Resolves when it is worth looking again: the job is known, was refused, or another user is followed. */
  readonly news: Promise<void>;
  /** Why the job will not come. */
  refusal?: ClientError;
  /** Forgets the arrival some time after its refusal was thrown: React renders again at once, a boundary that is reset asks anew. */
  forgetSoon(): void;
}

/** In ms. */
const REFUSED_FOR = 1_000;

/** By the user who is followed, as {@link UserSession.identity} says. */
const arrivals = new WeakMap<object, Map<string, JobArrival>>();

/** Asks for a job until it arrives. The same arrival for all who wait for the job. */
export function arrivalOf(session: UserSession, jobId: string): JobArrival {
  const ofUser = arrivals.get(session.identity()) ?? new Map<string, JobArrival>();
  arrivals.set(session.identity(), ofUser);
  const arrival: JobArrival = ofUser.get(jobId) ?? {
    news: untilKnown(session, jobId).then((error) => {
      // A refused connection says nothing about the job, and shows as long as it stands.
      if (error && error !== session.client.connection.error) arrival.refusal = error;
      else ofUser.delete(jobId);
    }),
    forgetSoon: () => void setTimeout(() => ofUser.get(jobId) === arrival && ofUser.delete(jobId), REFUSED_FOR),
  };
  ofUser.set(jobId, arrival);
  return arrival;
}

/** Resolves to the reason where the job will not come. */
function untilKnown(session: UserSession, jobId: string): Promise<ClientError | undefined> {
  const identity = session.identity();
  const { follow, stateOf } = followedJobsOf(session);
  if (process.env.NODE_ENV !== 'production') mentionNobodyFollowed(session, jobId);
  return new Promise((resolve) => {
    const release = follow(jobId, () => {
      const { error, isPending } = stateOf(jobId, 'dismissed too');
      if (isPending && session.identity() === identity) return;
      release();
      resolve(error);
    });
  });
}
