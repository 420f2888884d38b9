import type { RegisteredJobs, ResultInputOf } from '@notes/job-events-protocol';
import { UnrecoverableError } from 'bullmq';

import type { DefinitionOfRun, RunnableType, RunOptions } from '../emitter/emit-payloads.js';
import type { JobEventEmitterService, JobRun, RunEnd } from '../emitter/index.js';
import { hasCode } from '../server-errors.js';
import { realTiming, within } from '../timing.js';
import { attemptNumberOf } from './attempt-number.js';
import { bullJobId } from './bull-job-id.js';
import type { BullJob } from './bull-job.js';
import { endOfThrow, releaseOf } from './failure-policy.js';
import { failuresReported } from './failure-reports.js';
import { isRedelivery } from './is-redelivery.js';
import { cancelledReason } from './queue-errors.js';
import { queueJobOf, queueJobOfRun } from './queue-job.js';
import { reportWhenDecided } from './report-when-decided.js';
import { reportStalledAttempt, storedRecordOf } from './stalled-attempt.js';
import { rememberThrow } from './thrown-attempts.js';

/**
 * Whose job it is, and what it is called: `userId`, `type` where several kinds of job are defined, and `jobId`, by
 * default `bullJobId(job)`. A `jobId` of your own must name the same job for ever: never use it for another one. With `rerun` the job is done whatever is
 * stored of it: one that was cancelled, or one that looks done and handed out again.
 */
export type BullRunOptions<J = RegisteredJobs, T extends RunnableType<J> = RunnableType<J>> = Omit<
  RunOptions<J, T>,
  'jobId' | 'attempt' | 'onThrow'
> & { readonly jobId?: string | undefined };

/**
 * Does a BullMQ job and reports on it: `emitter.run`, with the queue deciding what is final. Works with the Redis and the
 * PostgreSQL back end, and in sandboxed processors.
 *
 * - A throw is reported once the queue has decided what follows: `retrying` with the time of the next attempt, or `failed`.
 *   The queue is asked by {@link followWorker}, or, where nobody follows the worker, by looking at the job for 30 s.
 *   In a sandboxed processor only `followWorker`, in the process of the worker, reports it.
 * - `DelayedError`, `WaitingError`, `WaitingChildrenError` and `RateLimitError` show the job as `queued` until it goes on
 *   as the same attempt. Nobody holds it meanwhile.
 * - A cancelled job throws an `UnrecoverableError`, so that the queue does not try again.
 * - A job that was done, and is handed out again because its worker was lost before the queue heard of it, is not done
 *   twice: the stored result is returned. (A result over 32 KiB is not stored; then it is `undefined`.)
 * - A job whose worker was lost in the middle of it shows as `retrying` before it is begun again.
 * - A result that is no JSON, such as a `bigint`, fails the job, here as in the queue.
 * - What the function never sees, such as a job that stalled too often, is heard by {@link followWorker}.
 *
 * @returns What the function returns.
 * @throws What the function throws, and an `UnrecoverableError` for a cancelled job.
 *
 * @example
 * const worker = new Worker('pdf', (job) =>
 *   runBullJob(emitter, job, { userId: job.data.userId }, async (run) => {
 *     run.stage('DOWNLOADING');
 *     return { noteId: await makeNotes(job.data.fileId, run.signal) };
 *   }), { connection });
 * followWorker(worker, emitter, { userId: (job) => job.data.userId });
 */
export function runBullJob<J, T extends RunnableType<J>, R extends ResultInputOf<DefinitionOfRun<J, T>>>(
  emitter: JobEventEmitterService<J>,
  job: BullJob,
  options: BullRunOptions<J, T>,
  work: (run: JobRun<DefinitionOfRun<J, T>>) => Promise<R>,
): Promise<R> {
  return runOnQueue<J, T, R>(job, emitter, { ...options, queueJob: queueJobOfRun(job) }, (claim, watched) => emitter.run<T, R>(claim, (run) => watched(run, work)));
}

/**
 * Does a BullMQ job that is one step of a job of several, such as a child of a flow, and reports on it: as
 * {@link runBullJob}, but the job is not completed by it. It waits for its next step, which goes on with the same
 * percentage. `jobId` is what the steps have in common; the last one is done by `runBullJob`.
 *
 * The end of a step in its queue is not the end of the job: a step that is done, or gone, leaves the job waiting for its
 * next step. What `accepted` or `queueJob` named as the job of the queue that is the whole stays: that of the last step,
 * such as the parent of a flow.
 *
 * @returns What the function returns.
 * @throws As `runBullJob`. A child that fails for good has to fail its parent: `failParentOnFailure`.
 *
 * @example
 * new Worker('pdf-extract', (job) => runBullStep(emitter, job, { userId: job.data.userId, jobId: job.data.jobId }, extract));
 * new Worker('ai-notes', (job) => runBullJob(emitter, job, { userId: job.data.userId, jobId: job.data.jobId }, makeNotes));
 */
export function runBullStep<J, T extends RunnableType<J>, R>(
  emitter: JobEventEmitterService<J>,
  job: BullJob,
  options: BullRunOptions<J, T> & { readonly jobId: string },
  work: (run: JobRun<DefinitionOfRun<J, T>>) => Promise<R>,
): Promise<R> {
  const queueJob = options.queueJob ?? { ...queueJobOf(job), isStep: true };
  return runOnQueue<J, T, R>(job, emitter, { ...options, queueJob }, (claim, watched) => emitter.runStep<T, R>(claim, (run) => watched(run, work)));
}

type Run<J, T extends RunnableType<J>> = JobRun<DefinitionOfRun<J, T>>;

/** One attempt at a BullMQ job. */
async function runOnQueue<J, T extends RunnableType<J>, R>(
  job: BullJob,
  emitter: JobEventEmitterService<J>,
  options: BullRunOptions<J, T>,
  start: (claim: RunOptions<J, T>, watched: (run: Run<J, T>, work: (run: Run<J, T>) => Promise<R>) => Promise<R>) => Promise<R>,
): Promise<R> {
  const claim = { ...options, jobId: options.jobId ?? bullJobId(job) } as RunOptions<J, T>;
  await within(failuresReported(emitter, claim.jobId), REPORT_TIMEOUT_MS, realTiming, () => undefined);
  if ((job.stalledCounter ?? 0) > 0) {
    const record = await storedRecordOf(emitter, claim);
    if (claim.rerun !== true && isRedelivery(job, record)) return record?.snapshot.result as R;
    await reportStalledAttempt(emitter, claim, record);
  }

  const { attemptsMade, stalledCounter } = job;
  const number = attemptNumberOf({ attemptsMade, stalledCounter });
  let run: Run<J, T> | undefined;
  let hasWorkThrown = false;
  let isReleased = false;
  const onThrow = async (error: unknown): Promise<RunEnd> => {
    isReleased = releaseOf(error) !== undefined;
    return endOfThrow(error, job, Date.now);
  };
  try {
    return await start({ ...claim, attempt: number, onThrow }, async (begun, work) => {
      run = begun;
      try {
        const result = await work(begun);
        // The queue fails a job whose result it cannot keep: that must be known before the job is shown as completed.
        JSON.stringify(result);
        return result;
      } catch (error) {
        hasWorkThrown = true;
        // BullMQ stalls a job whose function threw nothing.
        throw error ?? new Error(`The function of job ${claim.jobId} threw ${String(error)}. Throw an Error.`);
      }
    });
  } catch (error) {
    // What the function threw may be of another job that it waited for: only what this run itself was told counts.
    const stopped: unknown = run?.signal.reason ?? (hasWorkThrown ? undefined : error);
    const isCancelled = hasCode(stopped, 'RUN_CANCELLED');
    const isReported = isCancelled || isReleased || hasCode(stopped, 'STALE_RUN');
    rememberThrow(job, { attempt: run?.attempt ?? number, isReported });
    if (!isReported) reportWhenDecided(emitter, claim, { job, attemptsMade, error });
    // A job that its function has moved already, by `moveToDelayed` for instance, is left where it is.
    if (!isCancelled || releaseOf(error) !== undefined) throw error;
    throw Object.assign(new UnrecoverableError(cancelledReason(claim.jobId)), { cause: error });
  }
}

/** How long an attempt waits until the failure of the one before it has been reported, in ms. */
const REPORT_TIMEOUT_MS = 1_000;
