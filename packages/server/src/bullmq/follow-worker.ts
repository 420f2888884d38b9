import type { Job, Worker } from 'bullmq';

import type { JobEventEmitterService } from '../emitter/index.js';
import { consoleLogger, errorsTo, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { bullJobId } from './bull-job-id.js';
import { errorFromReason } from './queue-errors.js';
import { reportedEndOf } from './reported-ends.js';
import { jobErrorOf } from './thrown-error.js';

/** A worker of either back end, whatever its jobs return and are called. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what is not read here may be anything
export type FollowedWorker<Data> = Worker<Data, any, any, any, any, any>;

export interface FollowWorkerOptions<Data> {
  /** Whose job it is, such as `(job) => job.data.userId`. A job of nobody (`undefined`) is not reported. */
  readonly userId: (job: Job<Data>) => string | undefined;
  /** As given to `runBullJob`; by default `${queueName}:${job.id}`. */
  readonly jobId?: ((job: Job<Data>) => string) | undefined;
  /** Where several kinds of job are defined. */
  readonly type?: ((job: Job<Data>) => string | undefined) | undefined;
  /** What could not be reported. By default it is written to the console. */
  readonly onError?: OnError | undefined;
}

/**
 * Reports the final failures that a job's function never sees, because the queue gives the job up without calling it: it
 * stalled or was started more often than allowed, or a child failed. Also where the queue gives a try up that
 * `runBullJob` expected to be followed by another. One call for each worker, in every worker process: the worker that
 * finds such a job is the one that hears of it.
 *
 * @returns Stops listening, and resolves when what was heard has been reported.
 */
export function followWorker<Data, J>(
  worker: FollowedWorker<Data>,
  emitter: JobEventEmitterService<J>,
  options: FollowWorkerOptions<Data>,
): () => Promise<void> {
  const { onError = errorsTo(consoleLogger) } = options;
  const underWay = new Set<Promise<void>>();

  const report = async (job: Job<Data>, error: Error): Promise<void> => {
    const userId = options.userId(job);
    if (userId === undefined) return;
    const told = reportedEndOf(job);
    if (told?.end === 'failed') return;
    const type = options.type?.(job);
    await emitter.emitFailed({
      jobId: options.jobId?.(job) ?? bullJobId(job.queueName, job.id),
      userId,
      ...(type === undefined ? {} : { type }),
      ...(told === undefined ? {} : { attempt: told.attempt }),
      error: told === undefined ? errorFromReason(error.message) : jobErrorOf(error),
    } as never);
  };

  const hear = (job: Job<Data> | undefined, error: Error): void => {
    // Without `finishedOn` another try follows.
    if (job === undefined || !job.finishedOn) return;
    const reported: Promise<void> = report(job, error)
      .catch((cause: unknown) => onError(new JobEventsServerError('BRIDGE_FAILED', `The end of job ${job.id} of the queue '${job.queueName}' could not be reported.`, { cause })))
      .finally(() => underWay.delete(reported));
    underWay.add(reported);
  };

  worker.on('failed', hear);
  return async () => {
    worker.off('failed', hear);
    await Promise.all(underWay);
  };
}
