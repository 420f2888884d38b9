import { JobStage } from '@notes/job-events-protocol';
import { JobCancelledError, JobEventsServerError, StaleRunError } from '../server-errors.js';
import type { RunClaim, RunStart } from '../store/job-store.js';
import type { Payload } from './payload-schemas.js';

/** What a run asks the store for. */
export function claimOf(job: Payload<'run'>, type: string | undefined, createdAt: string, claimId: string): RunClaim {
  const { jobId, userId, metadata, message, queueJob, attempt = 1, rerun = false } = job;
  return {
    jobId,
    userId,
    ...(type !== undefined && { type }),
    ...(message !== undefined && { message }),
    ...(metadata && { metadata }),
    ...(queueJob && { queueJob }),
    createdAt,
    attempt,
    rerun,
    stage: JobStage.INITIALIZING,
    claimId,
  };
}

export type Refusal = Exclude<RunStart, { outcome: 'begun' | 'foreign-owner' }>;

/** What a run whose claim was refused ends with. */
export function refusalOf({ outcome }: Refusal, jobId: string): JobEventsServerError {
  switch (outcome) {
    case 'cancelled':
      return new JobCancelledError(jobId);
    case 'overtaken':
      return new StaleRunError(jobId);
  }
}

/** What `onError` hears of a run whose job belongs to another user. */
export const foreignRun = (jobId: string): JobEventsServerError =>
  new JobEventsServerError('FOREIGN_JOB', `Job ${jobId} belongs to another user. The run does its work, and nothing it reports is stored or shown.`, { jobId });
