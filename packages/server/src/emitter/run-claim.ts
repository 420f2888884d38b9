import { JobStage } from '@notes/job-events-protocol';
import { isoTime } from '../iso-time.js';
import { JobCancelledError, JobEventsServerError, StaleRunError } from '../server-errors.js';
import type { RunClaim, RunStart } from '../store/job-store.js';
import { newJobOf } from './new-job.js';
import type { Payload } from './payload-schemas.js';
import type { RunDependencies } from './reporter-dependencies.js';

/** Claims a job for a run, and asks again while the store is away, for as long as `isStillWanted`. */
export function claimRun(job: Payload<'run'>, type: string | undefined, { storeClient, path: { timing }, newClaimId }: RunDependencies, isStillWanted: () => boolean): Promise<RunStart> {
  const askedAt = timing.monotonic();
  const { attempt = 1, rerun = false } = job;
  const claim: RunClaim = { ...newJobOf({ ...job, type }, isoTime(timing.now())), attempt, rerun, stage: JobStage.INITIALIZING, claimId: newClaimId() };
  return storeClient.callWithRetry((store) => store.begin({ ...claim, askedMsAgo: timing.monotonic() - askedAt }), { isStillWanted });
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
