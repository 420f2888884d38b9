import { isNewer, RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { Audience, HandlerSet } from './handler-set.js';
import { FORGOTTEN, type TabMemory } from './tab-memory.js';

const keyOf = (audience: Audience, jobId: string): string => `${audience}:${jobId}`;

/**
 * Sees to it that the application is told of each end at most once, however often and by whichever way the job's state
 * arrives, also after a reload. An end that nobody was there to hear is not used up.
 *
 * The same status of no later attempt is the end that was told, stored once more by a store that had lost it. A job that
 * was seen to go on after its end has another end to tell. Ends that are no longer remembered are known by their time:
 * what had ended by then, and was not seen before, counts as told.
 *
 * @param seen `initial`: the job had already ended when it was first heard of. `foreign`: it is somebody else's, and told
 * only to those who hear of tracked jobs.
 */
export function settleOnce(job: AnyJobSnapshot, { initial, foreign }: { readonly initial: boolean; readonly foreign: boolean }, memory: TabMemory, handlers: Pick<HandlerSet, 'tellEnd'>): void {
  const { version, status, jobId, timestamp } = job;
  // A handler may track the job, or forget everything: each audience finds what stands by then.
  for (const audience of ['all', 'tracked'] as const) {
    const key = keyOf(audience, jobId);
    const tracked = memory.isTracked(jobId);
    if (audience === 'tracked' ? !tracked : foreign) continue;
    const mark = memory.endOf(key);
    const isTold = mark
      ? !isNewer(job, mark) || (mark.status === status && mark.version[0] >= version[0])
      : initial && !tracked && timestamp <= (memory.endOf(FORGOTTEN)?.timestamp ?? '');
    if (isTold) continue;
    const markEnd = () => memory.markEnd(key, { version, status, timestamp });
    // Marked before it is told: a handler may do anything, also make the same end come again.
    if (version[1]) handlers.tellEnd(audience, job, { initial, tracked }, markEnd);
    else if (mark?.version[1]) markEnd();
  }
}

/** Says whether those who hear of tracked jobs were told of a final end of this one. */
export const hasToldEnd = (jobId: string, memory: TabMemory): boolean =>
  memory.endOf(keyOf('tracked', jobId))?.version[1] === RANK.final;
