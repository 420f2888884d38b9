import type { BullJob } from './bull-job.js';

/**
 * The attempt that a job is in, or was in when it ended. BullMQ counts in `attemptsMade` what has failed; an attempt
 * whose worker was lost is in `stalledCounter` alone. A job that was released (`DelayedError`) is still in the same attempt.
 */
export const attemptNumberOf = ({ attemptsMade, stalledCounter = 0, finishedOn }: Pick<BullJob, 'attemptsMade' | 'stalledCounter' | 'finishedOn'>): number =>
  Math.max(1, (finishedOn ? attemptsMade : attemptsMade + 1) + (stalledCounter ?? 0));
