import type { JobEventEmitterService } from '../emitter/index.js';
import { consoleLogger, errorsTo, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { bullJobId } from './bull-job-id.js';
import type { BullJob } from './bull-job.js';
import { errorFromReason } from './queue-errors.js';
import { reportedEndOf } from './reported-ends.js';
import { jobErrorOf } from './thrown-error.js';

/** The part of a `Worker` that is listened to. */
export interface FollowedWorker<Job extends BullJob> {
  on(event: 'failed', listener: (job: Job | undefined, error: Error) => void): unknown;
  off(event: 'failed', listener: (job: Job | undefined, error: Error) => void): unknown;
}

export interface FollowWorkerOptions<Job extends BullJob> {
  /** Whose job it is, such as `(job) => job.data.userId`. A job of nobody (`undefined`) is not reported. */
  readonly userId: (job: Job) => string | undefined;
  /** As given to `runBullJob`; by default `${queueName}:${job.id}`. */
  readonly jobId?: ((job: Job) => string) | undefined;
  /** Where several kinds of job are defined. */
  readonly type?: ((job: Job) => string | undefined) | undefined;
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
export function followWorker<Job extends BullJob, J>(
  worker: FollowedWorker<Job>,
  emitter: JobEventEmitterService<J>,
  options: FollowWorkerOptions<Job>,
): () => Promise<void> {
  const { onError = errorsTo(consoleLogger) } = options;
  const underWay = new Set<Promise<void>>();

  const report = async (job: Job, error: Error): Promise<void> => {
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

  const hear = (job: Job | undefined, error: Error): void => {
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
