import { Job } from 'bullmq';

import type { JobEventEmitterService } from '../emitter/index.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { realTiming, type Timing } from '../timing.js';
import { answeredInTime } from './answered-in-time.js';
import { bullJobId } from './bull-job-id.js';
import { reportLostTry, standingOf, type ShownJob } from './lost-try.js';
import { errorFromReason } from './queue-errors.js';
import { reportedEndOf } from './reported-ends.js';
import { jobErrorOf } from './thrown-error.js';

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
  /** What could not be reported. By default it is written to the console. */
  readonly onError?: OnError | undefined;
  readonly timing?: Timing | undefined;
}

/**
 * Reports what a job's function never sees, because the queue decides it without calling the function. One call for each
 * worker, in every worker process: the worker that finds such a job is the one that hears of it.
 *
 * - The final failures: a job stalled or was started more often than allowed, or a child failed. Also where the queue
 *   gives a try up that `runBullJob` expected to be followed by another.
 * - A job that stalled and waits for another worker is `retrying`.
 *
 * @returns Stops listening, and resolves when what was heard has been reported, after 5 s at the latest. To be called when
 * the worker has closed, for jobs end until then.
 */
export function followWorker<Data, J>(
  worker: FollowedWorker<Data>,
  emitter: JobEventEmitterService<J>,
  options: FollowWorkerOptions<Data>,
): () => Promise<void> {
  const { timing = realTiming } = options;
  const onError = guardedOnError(options.onError);
  const underWay = new Set<Promise<void>>();

  const shown = async (job: Job<Data>): Promise<ShownJob | undefined> => {
    const userId = await options.userId(job);
    if (userId === undefined) return undefined;
    const type = options.type?.(job);
    return { jobId: options.jobId?.(job) ?? bullJobId(job), userId, ...(type === undefined ? {} : { type }) };
  };

  const reportFailure = async (job: Job<Data>, error: Error): Promise<void> => {
    const told = reportedEndOf(job);
    if (told?.isOver === true) return;
    const about = await shown(job);
    if (about === undefined) return;
    await emitter.emitFailed({
      ...about,
      ...(told === undefined ? {} : { attempt: told.attempt }),
      error: told === undefined ? errorFromReason(error.message) : jobErrorOf(error),
    } as never);
  };

  const reportStall = async (id: string): Promise<void> => {
    // It takes a worker or a queue, which the two versions of BullMQ call by different types.
    const job = await Job.fromId<Data>(worker as never, id);
    const about = job && (await shown(job));
    // One that has stalled too often waits to be failed.
    if (about === undefined || job?.deferredFailure !== undefined) return;
    // In this order: what is shown of a job that waits afterwards is of the lost try. Who has taken it says it himself.
    const standing = await standingOf(emitter, about);
    if (WAITS.has((await job?.getState()) ?? '')) await reportLostTry(emitter, about, standing);
  };

  const keep = (id: string | undefined, report: Promise<void>): void => {
    const reported: Promise<void> = report
      .catch((cause: unknown) => onError(new JobEventsServerError('BRIDGE_FAILED', `What became of job ${id} of the queue '${worker.name}' could not be reported.`, { cause })))
      .finally(() => underWay.delete(reported));
    underWay.add(reported);
  };
  const hearFailure = (job: Job<Data> | undefined, error: Error): void => {
    // Without `finishedOn` another try follows.
    if (job?.finishedOn) keep(job.id, reportFailure(job, error));
  };
  const hearStall = (id: string): void => keep(id, reportStall(id));

  worker.on('failed', hearFailure);
  worker.on('stalled', hearStall);
  return async () => {
    worker.off('failed', hearFailure);
    worker.off('stalled', hearStall);
    await answeredInTime(Promise.all(underWay), worker.name, { timing, onError });
  };
}
