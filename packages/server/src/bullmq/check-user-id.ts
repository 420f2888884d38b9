import { JobEventsServerError } from '../server-errors.js';

/** @throws JobEventsServerError `INVALID_OPTIONS` unless the options say whose a job is. `of`: who was given them. */
export function checkUserId(of: string, options: { readonly userId: unknown } | undefined): void {
  if (typeof options?.userId !== 'function') throw new JobEventsServerError('INVALID_OPTIONS', `${of}: give userId, such as (job) => job.data.userId.`);
}
