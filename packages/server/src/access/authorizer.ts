import type { AnyJobSnapshot, Subscription } from '@notes/job-events-protocol';
import type { JobRecord } from '../store/job-record.js';
import type { Identity } from './identity.js';

/** A job as `authorize` and `onCancel` see it: what everybody sees, and whose it is. */
export type OwnedJob = AnyJobSnapshot & { readonly userId: string };

/** What somebody wants to do: see states, or ask for the end of a job. */
export type AccessAction = AccessRequest['action'];

/**
 * The third argument of `authorize`. `job` is `undefined` where all jobs of a user are asked for, and for an id that no job
 * has: it is asked about as another user's job is, so that neither the answer nor its time shows which ids exist.
 */
export type AccessRequest =
  | { readonly action: 'watch'; readonly job: OwnedJob | undefined }
  | { readonly action: 'cancel'; readonly job: OwnedJob };

/**
 * Says whether somebody may watch a user's jobs (`subscription.userId`), watch one job (`subscription.jobId`, with
 * `job`), or cancel one job (`action: 'cancel'`). Only `true` allows.
 *
 * Asked at subscribe, sync, cancel and poll, and every 30 s by the server itself while a socket watches what is not its
 * own. Whoever watches all jobs of another user is shown only those that are allowed by their id too. Cancelling is asked about separately, after watching was allowed. A function that does not read `action` cannot
 * have meant it: its `true` lets only the owner cancel. An error, and no answer within 2.5 s, is answered with "try again".
 *
 * @example
 * authorize: async (identity, subscription, { action, job }) => {
 *   const owner = 'userId' in subscription ? subscription.userId : job?.userId;
 *   if (owner === identity.userId) return true;
 *   return action === 'watch' && isTeammate(identity, owner);
 * };
 */
export type Authorize<I extends Identity = Identity> = (
  identity: I,
  subscription: Subscription,
  request: AccessRequest,
) => boolean | Promise<boolean>;

/** The default rule: one's own room, one's own jobs. */
export const ownJobsOnly: Authorize = (identity, subscription, { job }) =>
  'userId' in subscription ? subscription.userId === identity.userId : job?.userId === identity.userId;

export const ownedJob = (record: JobRecord): OwnedJob => ({ ...record.snapshot, userId: record.userId });

export type Permission = 'granted' | 'denied' | 'granted-without-reading-the-action';

/** Asks `authorize` whether somebody may watch. Throws or rejects with what it throws. */
export function mayWatch<I extends Identity>(
  authorize: Authorize<I>,
  identity: I,
  subscription: Subscription,
  record?: JobRecord,
): boolean | Promise<boolean> {
  const answer = authorize(identity, subscription, { action: 'watch', job: record && ownedJob(record) });
  // The default rule answers at once, and costs no timer.
  return typeof answer === 'boolean' ? answer : Promise.resolve(answer).then((isAllowed) => isAllowed === true);
}

/** Asks `authorize` whether somebody may cancel, and notes whether it looked at what it was asked. */
export async function mayCancel<I extends Identity>(authorize: Authorize<I>, identity: I, record: JobRecord): Promise<Permission> {
  let isActionRead = false;
  const request: AccessRequest = {
    get action(): 'cancel' {
      isActionRead = true;
      return 'cancel';
    },
    job: ownedJob(record),
  };
  const isAllowed = await authorize(identity, { jobId: record.snapshot.jobId }, request);
  if (isAllowed !== true) return 'denied';
  return isActionRead || record.userId === identity.userId ? 'granted' : 'granted-without-reading-the-action';
}
