import { RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { Job } from 'bullmq';

import type { JobEventEmitterService } from '../emitter/index.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { QueueJob } from '../store/job-record.js';
import { realTiming, type Timing } from '../timing.js';
import { attemptNumberOf } from './attempt-number.js';
import { bullJobId } from './bull-job-id.js';
import { checkMajor } from './check-major.js';
import { checkUserId } from './check-user-id.js';
import { failureOutcome } from './failure-policy.js';
import { reportFailure } from './failure-reports.js';
import { queueJobOrStepOf } from './queue-job.js';
import { cancelledReason, failureFromQueue, failureOfThrow } from './queue-errors.js';
import { reconcileWorker } from './reconcile-worker.js';
import { settleBeforeClose } from './settle-before-close.js';
import { reportStalledAttempt, storedRecordOf, type ShownJob } from './stalled-attempt.js';
import { takeThrow, thrownAttemptOf } from './thrown-attempts.js';

const WAITS: ReadonlySet<string> = new Set(['waiting', 'prioritized']);

/**
 * What is heard of a worker, and whose data its jobs have. Every `Worker` of BullMQ 5 and 6 fits, of either back end,
 * whatever its jobs return and are called: the two versions differ in how many type arguments it has.
 */
export interface FollowedWorker<Data> {
  readonly name: string;
  on(event: 'failed' | 'stalled', listener: (...args: never[]) => void): unknown;
  off(event: 'failed' | 'stalled', listener: (...args: never[]) => void): unknown;
  /** Never called. It is where a worker says what its jobs carry. */
  getNextJob(token: string): Promise<{ readonly data: Data } | undefined>;
}

export interface FollowWorkerOptions<Data> {
  /**
   * Whose job it is, such as `(job) => job.data.userId`. A job of nobody (`undefined`) is not reported: one, for
   * instance, in whose place another has been put into the queue meanwhile.
   */
  readonly userId: (job: Job<Data>) => string | undefined | Promise<string | undefined>;
  /** As given to `runBullJob`; by default `bullJobId(job)`. */
  readonly jobId?: ((job: Job<Data>) => string) | undefined;
  /** Where several kinds of job are defined. */
  readonly type?: ((job: Job<Data>) => string | undefined) | undefined;
  /** Whether the store is compared with the queue of this worker; see `reconcileQueue`. Default: true. */
  readonly reconcile?: boolean | undefined;
  /** What could not be reported. By default it is written to the console. */
  readonly onError?: OnError | undefined;
  readonly timing?: Timing | undefined;
}

/**
 * Reports what the queue decides. One call for each worker, in every worker process: the worker that finds such a job is
 * the one that reports it.
 *
 * - What follows when a function threw: `retrying` or `failed`.
 * - The final failures that no function sees: a job stalled or was started more often than allowed, or a child failed.
 * - A job that stalled and waits for another worker is `retrying`.
 * - A waiting job that is removed is `cancelled`.
 * - What the store does not know because it was away, or its process died: the queue is reconciled (`reconcileQueue`).
 *
 * @returns Stops listening, and resolves when what was heard has been reported, after 5 s at the latest. To be called when
 * the worker has closed, for jobs end until then.
 * @throws JobEventsServerError `INVALID_OPTIONS`, also for a worker of another major version of BullMQ than this library has loaded.
 */
export function followWorker<Data, J>(
  worker: FollowedWorker<Data>,
  emitter: JobEventEmitterService<J>,
  options: FollowWorkerOptions<Data>,
): () => Promise<void> {
  if (typeof worker?.on !== 'function') throw new JobEventsServerError('INVALID_OPTIONS', 'followWorker: give the Worker of BullMQ first.');
  checkUserId('followWorker', options);
  checkMajor(worker);
  const { timing = realTiming } = options;
  const onError = guardedOnError(options.onError);
  const underWay = new Set<Promise<void>>();

  const shown = async (job: Job<Data>): Promise<ShownJob | undefined> => {
    const userId = await options.userId(job);
    if (userId === undefined) return undefined;
    const type = options.type?.(job);
    return { jobId: options.jobId?.(job) ?? bullJobId(job), userId, ...(type === undefined ? {} : { type }) };
  };

  const hearFailure = (job: Job<Data> | undefined, error: Error): void => {
    if (job === undefined || thrownAttemptOf(job)?.isReported === true) return;
    const thrown = takeThrow(job);
    const outcome = failureOutcome(job, Date.now());
    // Of a job whose function has not run here, the queue may fail what is shown as any attempt.
    const attempt = thrown?.attempt ?? (outcome.kind === 'failed' ? undefined : attemptNumberOf({ ...counters(job), finishedOn: 1 }));
    keep(job.id, reportFailureOf(job, error, { attempt, failure: thrown === undefined ? failureFromQueue(error) : failureOfThrow(error), outcome }));
  };

  const reportFailureOf = async (job: Job<Data>, { message }: Error, failure: Parameters<typeof reportFailure>[2]): Promise<void> => {
    const about = await shown(job);
    if (about === undefined) return;
    // So a cancelled run of a sandboxed process is failed in its queue.
    const isCancelled = message === cancelledReason(about.jobId);
    const report = (named: { readonly queueJob?: QueueJob }): Promise<AnyJobSnapshot> =>
      isCancelled ? emitter.emitCancelled({ ...about, ...named } as never) : reportFailure(emitter, { ...about, ...named }, failure);
    // So that it ends no later job that has taken this one's id.
    const { version } = await report({ queueJob: queueJobOrStepOf(job) });
    // Its id was added once more, and whoever did so was answered with a later time, although the queue has one job only.
    if (version[1] === RANK.going && (await isInQueue(job))) await report({});
  };

  // It takes a worker or a queue, which the two versions of BullMQ call by different types.
  const jobOf = (id: string): Promise<Job<Data> | undefined> => Job.fromId<Data>(worker as never, id);
  const isInQueue = async ({ id = '', timestamp }: Job<Data>): Promise<boolean> => (await jobOf(id))?.timestamp === timestamp;

  const reportStall = async (id: string): Promise<void> => {
    const job = await jobOf(id);
    const about = job && (await shown(job));
    // One that has stalled too often waits to be failed, and one that was given the id since has not stalled.
    if (about === undefined || job?.deferredFailure !== undefined || job?.stalledCounter === 0) return;
    // In this order: what is shown of a job that waits afterwards is of the stalled attempt. A worker that has taken it reports it itself.
    const record = await storedRecordOf(emitter, about);
    if (WAITS.has((await job?.getState()) ?? '')) await reportStalledAttempt(emitter, about, record);
  };

  const keep = (id: string | undefined, report: Promise<void>): void => {
    const reported: Promise<void> = report
      .catch((cause: unknown) => onError(new JobEventsServerError('BRIDGE_FAILED', `What became of job ${id} of the queue '${worker.name}' could not be reported.`, { cause })))
      .finally(() => underWay.delete(reported));
    underWay.add(reported);
  };
  const hearStall = (id: string): void => keep(id, reportStall(id));

  const reconciliation = options.reconcile === false ? undefined : reconcileWorker<Data, J>(worker, emitter, { shown, onError, timing });

  worker.on('failed', hearFailure);
  worker.on('stalled', hearStall);
  return async () => {
    worker.off('failed', hearFailure);
    worker.off('stalled', hearStall);
    await Promise.all([settleBeforeClose(Promise.all(underWay), worker.name, { timing, onError }), reconciliation?.close()]);
  };
}

const counters = ({ attemptsMade, stalledCounter }: Job): { readonly attemptsMade: number; readonly stalledCounter: number } => ({ attemptsMade, stalledCounter });
