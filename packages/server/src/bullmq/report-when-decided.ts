import type { JobEventEmitterService } from '../emitter/index.js';
import { realTiming, type Timing } from '../timing.js';
import type { BullJob } from './bull-job.js';
import { failureOutcome } from './failure-policy.js';
import { reportFailure } from './failure-reports.js';
import { failureOfThrow } from './queue-errors.js';
import type { ShownJob } from './stalled-attempt.js';
import { takeThrow } from './thrown-attempts.js';

const FIRST_LOOK_MS = 20;
const LAST_LOOK_MS = 15_000;

/**
 * Reports a failed attempt once the queue has counted it, where no `followWorker` has done so first. BullMQ writes what it
 * decided into the job object that the function was given; in a sandboxed process it does not, and nothing is reported.
 */
export function reportWhenDecided<J>(
  emitter: JobEventEmitterService<J>,
  { jobId, userId, type }: ShownJob,
  { job, attemptsMade, error, timing = realTiming }: { readonly job: BullJob; readonly attemptsMade: number; readonly error: unknown; readonly timing?: Timing },
): void {
  const shown = { jobId, userId, ...(type !== undefined && { type }) };
  const lookIn = (ms: number): void => void timing.setTimeout(() => look(ms), ms);
  const look = (waited: number): void => {
    if (job.attemptsMade === attemptsMade) return waited < LAST_LOOK_MS ? lookIn(waited * 2) : undefined;
    const thrown = takeThrow(job);
    if (thrown === undefined) return;
    const { attempt } = thrown;
    // What cannot be reported goes to the emitter's `onError`.
    reportFailure(emitter, shown, { attempt, failure: failureOfThrow(error), outcome: failureOutcome(job, Date.now()) }).catch(() => undefined);
  };
  lookIn(FIRST_LOOK_MS);
}
