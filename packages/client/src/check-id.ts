import { isJobId, isUserId, JobEventsError, type Subscription } from '@notes/job-events-protocol';

/**
 * A server refuses what is malformed together with whatever it was sent with, so it is not sent.
 *
 * @throws JobEventsError `INVALID_PAYLOAD`
 */
export function checkId(subscription: Subscription): void {
  const isValid = 'userId' in subscription ? isUserId(subscription.userId) : isJobId(subscription.jobId);
  if (!isValid) throw new JobEventsError('INVALID_PAYLOAD', 'Give a userId or a jobId of 1 to 128 allowed characters.');
}
