import { MOST_FINISHED } from '../limits.js';
import type { AnyHandlers } from '../jobs/handler-set.js';
import type { JobHandlers } from '../job-handlers.js';
import { termOf, type AnyJobSnapshot, type RegisteredJobs } from '@notes/job-events-protocol';

const KEY = 'job-events:notified';

/**
 * Handlers whose calls for an end come in one tab of the whole browser, whichever is first, for what should happen once,
 * such as a notification. What is not an end (`onJobProgress`, `onStateChange`) comes in every tab as ever. Where the
 * browser lacks Web Locks or `localStorage`, or refuses it, every tab calls. The latest thousand ends are remembered.
 *
 * @example
 * client.on(notifyOnce({ onJobCompleted: (result, job) => new Notification(`${job.jobId} is done`) }));
 */
export function notifyOnce<J = RegisteredJobs>(handlers: JobHandlers<J>): JobHandlers<J> {
  const { onJobCompleted, onJobError, onJobRetrying, onJobCancelled, ...others } = handlers as AnyHandlers;
  /** The client hears of what it rejects with. */
  const once = async (job: AnyJobSnapshot, call: () => void): Promise<void> => {
    if (await claim(job)) await call();
  };
  const wrapped: AnyHandlers = {
    ...others,
    ...(onJobCompleted && {
      onJobCompleted(result: unknown, job: any, context) {
        const handler = typeof onJobCompleted === 'function' ? onJobCompleted : onJobCompleted[job.type];
        return handler && once(job, () => handler(result, job, context));
      },
    }),
    ...(onJobError && { onJobError: (error, job, context) => once(job, () => onJobError(error, job, context)) }),
    ...(onJobRetrying && { onJobRetrying: (error, job) => once(job, () => onJobRetrying(error, job)) }),
    ...(onJobCancelled && { onJobCancelled: (job, context) => once(job, () => onJobCancelled(job, context)) }),
  };
  return wrapped as JobHandlers<J>;
}

/** Says whether this tab is the one that tells of this end. The lock makes reading and writing one step. */
async function claim({ jobId, version }: AnyJobSnapshot): Promise<boolean> {
  try {
    const locks = globalThis.navigator?.locks as LockManager | undefined;
    const storage = globalThis.localStorage as Storage | undefined;
    if (!locks || !storage) return true;
    return await locks.request(KEY, async () => {
      const told = JSON.parse(storage.getItem(KEY) ?? '[]') as string[];
      const end = `${jobId} ${version[0]} ${version[1]} ${termOf(version)}`;
      if (told.includes(end)) return false;
      storage.setItem(KEY, JSON.stringify([...told, end].slice(-MOST_FINISHED)));
      return true;
    });
  } catch {
    // A storage that is full, forbidden or spoilt. Better told in every tab than in none.
    return true;
  }
}
