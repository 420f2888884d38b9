import { defineJob, type JobSnapshot } from '@notes/job-events-protocol';
import type { Server } from 'socket.io';
import * as z from 'zod';
import type { Authorize, OwnedJob } from './access/authorizer.js';
import type { Broadcaster } from './broadcaster.js';
import { createJobEvents } from './create-job-events.js';

type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const ok = <T extends true>(): T | void => undefined;

const pdf = defineJob({ type: 'pdf-notes', stages: ['DOWNLOADING', 'SAVING'], result: z.object({ noteId: z.string() }) });
const thumbnails = defineJob({ type: 'thumbnails', stages: ['RENDERING'], result: z.array(z.string()) });
declare const io: Server;
declare const typedIo: Server<{ ping: () => void }, { pong: (at: Date) => void }>;
declare const broadcaster: Broadcaster;
const authenticate = ({ token }: { token: string | undefined }) => (token === undefined ? null : { userId: token, role: 'admin' as const });

/** The application's own identity comes back where it is asked for permission. */
export const one = createJobEvents(typedIo, {
  authenticate,
  jobs: pdf,
  authorize: (identity) => ok<Eq<typeof identity.role, 'admin'>>() !== undefined,
  onCancel: (job, identity) => job.userId === identity.userId && ok<Eq<typeof identity.role, 'admin'>>() !== undefined,
});

declare const verify: (token: string | undefined) => Promise<{ user: string } | undefined>;
export const two = createJobEvents(io, {
  authenticate: async ({ token }) => {
    const session = await verify(token);
    return session && { userId: session.user, role: 'admin' as const };
  },
  authorize: (identity, subscription, { action, job }) => {
    if ('userId' in subscription) return subscription.userId === identity.userId;
    return action === 'watch' || job?.userId === identity.userId || ok<Eq<typeof identity.role, 'admin'>>() !== undefined;
  },
});

/** There is always a job to cancel, and not always one to watch. */
export const knowsItsJob: Authorize = (_identity, _subscription, request) =>
  request.action === 'cancel' ? ok<Eq<typeof request.job, OwnedJob>>() !== undefined : ok<Eq<typeof request.job, OwnedJob | undefined>>() !== undefined;

// @ts-expect-error: what was the third argument, the job, is a field of it now
export const before: Authorize = (identity, _subscription, job: OwnedJob | undefined) => job?.userId === identity.userId;

export async function uses(): Promise<void> {
  const { job } = await one.accepted({ jobId: 'j', userId: 'u' }, { body: { fileId: 'f' } });
  ok<Eq<typeof job, JobSnapshot<typeof pdf>>>();
  const found = await one.getJob('j');
  if (found?.status === 'completed') ok<Eq<typeof found.result, { noteId: string }>>();
  one.revoke({ userId: 'u' });

  const several = createJobEvents(io, { authenticate, jobs: [pdf, thumbnails] });
  await several.accepted({ type: 'thumbnails', jobId: 'j', userId: 'u' });
  // @ts-expect-error: which of the two?
  await several.accepted({ jobId: 'j', userId: 'u' });
  const [first] = await several.listJobs('u');
  if (first?.type === 'thumbnails' && first.status === 'completed') ok<Eq<typeof first.result, string[]>>();

  const untyped = createJobEvents(io, { authenticate });
  await untyped.accepted({ jobId: 'j', userId: 'u', metadata: { anything: 1 } });

  const socketless = createJobEvents({ broadcaster }, { authenticate });
  // @ts-expect-error: no sockets, no gateway
  socketless.gateway;
  // @ts-expect-error: authenticate is required
  createJobEvents(io, {});
}
