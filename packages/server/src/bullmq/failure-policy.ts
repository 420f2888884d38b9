import type { RunEnd } from '../emitter/index.js';
import type { BullJob } from './bull-job.js';

/**
 * What the queue did with a job whose function threw. It is read from the job that the worker's `failed` event carries:
 * the queue decides, and a back-off strategy of the application is called by the queue alone.
 */
export type FailureOutcome = { readonly kind: 'failed' } | { readonly kind: 'retrying'; readonly delayedUntil: string | undefined };

/** The outcome of an attempt that the queue has counted as failed. `now`: ms since 1970. */
export function failureOutcome({ finishedOn, delay }: Pick<BullJob, 'finishedOn' | 'delay'>, now: number): FailureOutcome {
  return finishedOn ? { kind: 'failed' } : { kind: 'retrying', delayedUntil: timeIn(delay, now) };
}

/**
 * What a run reports as its function throws.
 *
 * - A function that lets its job go (`DelayedError`, `WaitingError`, `WaitingChildrenError`, `RateLimitError`) has moved it
 *   before it throws, except for a rate limit, where the worker does so. The job is queued again.
 * - Everything else is decided by the queue, and reported once it has decided: nothing here.
 */
export async function endOfThrow(error: unknown, job: BullJob, now: () => number): Promise<RunEnd> {
  const release = releaseOf(error);
  if (release === undefined) return { end: 'none' };
  if (release === 'rate-limit') return { end: 'queued', delayedUntil: timeIn(await rateLimitOf(job), now()) };
  const state = await stateOf(job);
  // It was not moved, or somebody has taken it again already.
  if (state === 'active') return { end: 'none' };
  return { end: 'queued', delayedUntil: state === 'delayed' ? timeIn(job.delay, now()) : undefined };
}

/** `undefined` where the queue cannot be asked: then the error is believed. */
async function stateOf(job: BullJob): Promise<string | undefined> {
  try {
    return await job.getState?.();
  } catch {
    return undefined;
  }
}

const MOVED = new Set(['DelayedError', 'WaitingError', 'WaitingChildrenError']);

/** BullMQ recognizes a rate limit by this message alone, whatever the error's class. */
const RATE_LIMIT_MESSAGE = 'bullmq:rateLimitExceeded';

/** Whether a function that throws this lets its job go. Such a throw is no failure, and the queue does not count it. */
export function releaseOf(error: unknown): 'moved' | 'rate-limit' | undefined {
  const { name, message } = (error ?? {}) as { readonly name?: unknown; readonly message?: unknown };
  if (message === RATE_LIMIT_MESSAGE) return 'rate-limit';
  return typeof name === 'string' && MOVED.has(name) ? 'moved' : undefined;
}

/**
 * For how long the queue is rate limited, in ms. A job has no public way to ask: BullMQ 6 asks its `backend`, BullMQ 5 its
 * `scripts`. Where neither is there, the time stays unknown.
 */
async function rateLimitOf(job: BullJob): Promise<number | undefined> {
  const { backend, scripts } = job as { readonly backend?: RateLimited; readonly scripts?: RateLimited };
  const limited = backend ?? scripts;
  try {
    return await limited?.getRateLimitTtl?.();
  } catch {
    return undefined;
  }
}

interface RateLimited {
  getRateLimitTtl?(): Promise<number>;
}

const timeIn = (ms: number | undefined, now: number): string | undefined => (ms !== undefined && ms > 0 ? new Date(now + ms).toISOString() : undefined);
