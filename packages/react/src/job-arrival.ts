import type { JobEventsError } from '@notes/job-events-client';

import type { UserSession } from './user-session.js';

/** Waiting for a job of which nothing is known yet. */
interface JobArrival {
  /** Resolves when it is worth looking again: the job is known, was refused, or another user is followed. */
  readonly news: Promise<void>;
  /** Why the job will not come. Stands until another user is followed. */
  refusal?: JobEventsError;
}

const arrivals = new WeakMap<UserSession, Map<string, JobArrival>>();

/** Asks for a job until it arrives. The same arrival for all who wait for the job. */
export function arrivalOf(session: UserSession, jobId: string): JobArrival {
  const ofSession = arrivals.get(session) ?? new Map<string, JobArrival>();
  arrivals.set(session, ofSession);
  const key = `${session.userId()} ${jobId}`;
  const arrival = ofSession.get(key) ?? {
    news: untilKnown(session, jobId).then(
      () => void ofSession.delete(key),
      (refusal: JobEventsError) => {
        if (refusal.code === 'ABANDONED') return void ofSession.delete(key);
        arrival.refusal = refusal;
        // A refused connection says nothing about the job: once there is another one, the job is asked for again.
        if (session.client.state === 'DISCONNECTED') forgetOnceConnecting(session, () => ofSession.delete(key));
      },
    ),
  };
  ofSession.set(key, arrival);
  return arrival;
}

function forgetOnceConnecting(session: UserSession, forget: () => void): void {
  const stop = session.subscribe(() => {
    if (session.client.state === 'DISCONNECTED') return;
    stop();
    forget();
  });
}

/** @throws JobEventsError where the job or the connection is refused or the job not known, and `ABANDONED` where another user is followed. */
async function untilKnown(session: UserSession, jobId: string): Promise<void> {
  const letGo = session.followJob(jobId);
  const states = session.client.statesOf(jobId);
  try {
    await states.next();
  } finally {
    void states.return();
    letGo();
  }
}
