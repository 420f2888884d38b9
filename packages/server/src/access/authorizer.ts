import type { AnyJobSnapshot, Subscription } from '@notes/job-events-protocol';
import type { JobRecord } from '../store/job-store.js';
import type { Identity } from './identity.js';

/** A job as `authorize` and `onCancel` see it: what everybody sees, and whose it is. */
export type OwnedJob = AnyJobSnapshot & { readonly userId: string };

/**
 * Says whether somebody may watch a user's jobs (`subscription.userId`) or one job (`subscription.jobId`, with `job`).
 * Asked at subscribe, sync, cancel and poll, and again at every sync of a subscribed job. What it throws is answered
 * as "try again".
 */
export type Authorize<I extends Identity = Identity> = (
  identity: I,
  subscription: Subscription,
  job?: OwnedJob,
) => boolean | Promise<boolean>;

/** What holds without an `authorize` of the application's own: one's own room, one's own jobs. */
export const ownJobsOnly: Authorize = (identity, subscription, job) =>
  'userId' in subscription ? subscription.userId === identity.userId : job?.userId === identity.userId;

export const ownedJob = (record: JobRecord): OwnedJob => ({ ...record.snapshot, userId: record.userId });
