import { JobEventsError } from '@notes/job-events-client';

import type { UserSession } from './user-session.js';

/** Waiting for a job of which nothing is known yet. */
interface JobArrival {
  /** Resolves when it is worth looking again: the job is known, was refused, or another user is followed. */
  readonly news: Promise<void>;
  /** Why the job will not come. Stands until another user is followed. */
  readonly refusal?: JobEventsError;
}

const arrivals = new WeakMap<UserSession, Map<string, JobArrival>>();

/** Asks for a job until it arrives. The same arrival for all who wait for the job. */
export function arrivalOf(session: UserSession, jobId: string): JobArrival {
  const ofSession = arrivals.get(session) ?? new Map<string, JobArrival>();
  arrivals.set(session, ofSession);
  const key = `${session.userId} ${jobId}`;
  const known = ofSession.get(key);
  if (known !== undefined) return known;

  const news = askFor(session, jobId).then((refusal) => {
    if (refusal === undefined) ofSession.delete(key);
    else ofSession.set(key, { news, refusal });
  });
  const arrival = { news };
  ofSession.set(key, arrival);
  return arrival;
}

/** Resolves to a refusal, or to nothing when the job has come or another user is followed. */
function askFor(session: UserSession, jobId: string): Promise<JobEventsError | undefined> {
  const { client, userId } = session;
  return new Promise((resolve) => {
    const stops = [
      session.followJob(jobId),
      session.subscribe(() => {
        if (client.getJob(jobId) !== undefined || session.userId !== userId) settle();
      }),
      client.on({
        onSubscriptionError({ code, message }, subscription) {
          if ('jobId' in subscription && subscription.jobId === jobId) settle(new JobEventsError(code, message));
        },
      }),
    ];
    function settle(refusal?: JobEventsError): void {
      for (const stop of stops) stop();
      resolve(refusal);
    }
  });
}
