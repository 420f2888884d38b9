import type { BridgedJob } from './bridged-queue.js';

/** What is asked of a queue about one job; every `Queue` of BullMQ 5 and 6 fits. */
export interface JobSource<Job extends BridgedJob> {
  getJob(id: string): Promise<Job | undefined>;
  getJobState(id: string): Promise<string>;
}

/** A job that moves all the time is taken as it was read last. */
const MAX_READS = 5;

/** A job and its state are read one after the other, and the job may end between the two, or its try. `undefined`: the queue does not have it. */
export async function readQueueJob<Job extends BridgedJob>(queue: JobSource<Job>, id: string): Promise<{ readonly job: Job; readonly state: string } | undefined> {
  for (let round = 1; ; round++) {
    const state = await queue.getJobState(id);
    const job = await queue.getJob(id);
    if (job === undefined || job === null) return undefined;
    const agree = Boolean(job.finishedOn) === (state === 'completed' || state === 'failed');
    // One whose try failed after its state was read would be taken for the next try, begun.
    const isAsRead = agree && (state !== 'active' || (await queue.getJobState(id)) === state);
    if (isAsRead || round === MAX_READS) return { job, state };
  }
}
