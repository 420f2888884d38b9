import { isDiscarded, type BullBackoff, type BullJob, type BullWorkerSettings } from './bull-job.js';

/**
 * What the queue will make of an error that a job's function threw.
 *
 * - `not-an-end`: the job waits, is delayed, or waits for its children, and goes on later. Or the worker cannot move it
 *   at all, and it is handed out again when its lock has run out.
 * - `retrying`: this try has failed and another follows.
 * - `failed`: no further try follows.
 */
export type ThrowMeaning = 'not-an-end' | 'retrying' | 'failed';

const STEPS_ASIDE = new Set(['DelayedError', 'WaitingError', 'WaitingChildrenError']);

/** BullMQ tells a rate limit by this message alone, whatever the error's class. */
const RATE_LIMIT_MESSAGE = 'bullmq:rateLimitExceeded';

/**
 * Answers as BullMQ 5 and 6 decide, in the order in which the worker asks (`Worker#handleFailed`, then
 * `Job#shouldRetryJob`), without asking the queue: the try's end is reported before the worker moves the job.
 * BullMQ 5 heeds `maxStartedAttempts` when it takes the job once more, and fails it then without calling the function:
 * no further try follows there either.
 * A back-off strategy of the application's own is called a second time here. Where the queue decides otherwise after
 * all, `followWorker` puts it right.
 */
export async function whatThrowMeans(error: unknown, job: BullJob, worker: BullWorkerSettings): Promise<ThrowMeaning> {
  // The worker reads `error.message`, fails at that, and leaves the job to the stall check.
  if (error === undefined || error === null) return 'not-an-end';
  const { name, message } = error as { readonly name?: unknown; readonly message?: unknown };
  if (message === RATE_LIMIT_MESSAGE) return 'not-an-end';
  if (typeof name === 'string' && STEPS_ASIDE.has(name)) return 'not-an-end';
  if (name === 'UnrecoverableError' || isDiscarded(job)) return 'failed';

  const limit = worker.maxStartedAttempts;
  if (limit !== undefined && limit > 0 && (job.attemptsStarted ?? 0) >= limit) return 'failed';
  if (job.attemptsMade + 1 >= (job.opts.attempts ?? 0)) return 'failed';
  try {
    return (await backoffDelay(error, job, worker)) === STOP ? 'failed' : 'retrying';
  } catch {
    // BullMQ asks the same strategy, gets the same error and cannot move the job.
    return 'not-an-end';
  }
}

/** A back-off of this many milliseconds means: do not try again. */
const STOP = -1;

async function backoffDelay(error: unknown, job: BullJob, worker: BullWorkerSettings): Promise<number | undefined> {
  const { backoff } = job.opts;
  if (backoff === undefined || backoff === 0) return undefined;
  if (typeof backoff === 'number') return backoff;
  switch (backoff.type) {
    case 'fixed':
      return builtinDelay(backoff, 1);
    case 'exponential':
      return builtinDelay(backoff, 2 ** job.attemptsMade);
    default: {
      const strategy = worker.settings?.backoffStrategy;
      if (strategy === undefined) throw new TypeError(`No back-off strategy is set for the type '${backoff.type}'.`);
      return strategy(job.attemptsMade + 1, backoff.type, error as Error, job as never);
    }
  }
}

/** Jitter shortens a delay by a random share, and rounds down; only a delay of -1 ms itself can come out as -1. */
const builtinDelay = ({ delay = 0 }: BullBackoff, factor: number): number => Math.round(delay * factor);
