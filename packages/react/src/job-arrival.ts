import type { ClientError } from '@notes/job-events-client';

import type { UserSession } from './user-session.js';

/** Waiting for a job of which nothing is known yet. */
interface JobArrival {
  /** Resolves when it is worth looking again: the job is known, was refused, or another user is followed. */
  readonly news: Promise<void>;
  /** Why the job will not come. Stands until another user is followed. */
  refusal?: ClientError;
}

const arrivals = new WeakMap<UserSession, Map<string, JobArrival>>();

/** Asks for a job until it arrives. The same arrival for all who wait for the job. */
export function arrivalOf(session: UserSession, jobId: string): JobArrival {
  const ofSession = arrivals.get(session) ?? new Map<string, JobArrival>();
  arrivals.set(session, ofSession);
  const key = `${session.userId()} ${jobId}`;
  const arrival: JobArrival = ofSession.get(key) ?? {
    news: untilKnown(session, jobId).then((error) => {
      // A refused connection says nothing about the job, and shows as long as it stands.
      if (error && error !== session.client.connection.error) arrival.refusal = error;
      else ofSession.delete(key);
    }),
  };
  ofSession.set(key, arrival);
  return arrival;
}

/** Resolves to the reason where the job will not come. */
function untilKnown(session: UserSession, jobId: string): Promise<ClientError | undefined> {
  const userId = session.userId();
  return new Promise((resolve) => {
    const letGo = session.followJob(jobId);
    const stop = session.subscribe(() => {
      const { error, isPending } = session.jobState(jobId);
      if (isPending && session.userId() === userId) return;
      stop();
      letGo();
      resolve(error);
    });
  });
}
