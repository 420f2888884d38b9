import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { Audience, HandlerSet } from './handler-set.js';
import type { TabMemory } from './tab-memory.js';

const keyOf = (audience: Audience, jobId: string): string => `${audience}:${jobId}`;

/** Ends in the order in which they can follow one another: ranks are 1 for `retrying` and 2 for what is final. */
const RANKS = 3;

/**
 * Sees to it that the application is told of each end at most once, however often and by whichever way the job's state
 * arrives, also after a reload. An end that nobody was there to hear is not used up.
 *
 * @param initial Whether the job had already ended when it was first heard of.
 */
export function settleOnce(job: AnyJobSnapshot, initial: boolean, memory: TabMemory, handlers: HandlerSet): void {
  const [attempt, rank] = job.version;
  if (rank === 0) return;
  const end = attempt * RANKS + rank;
  const tracked = memory.tracked.has(job.jobId);
  for (const audience of tracked ? (['all', 'tracked'] as const) : (['all'] as const)) {
    const key = keyOf(audience, job.jobId);
    if (memory.endOf(key) < end && handlers.tellEnd(audience, job, { initial, tracked })) memory.markEnd(key, end);
  }
}

/** Says whether those who hear of tracked jobs were told of a final end of this one. */
export const hasToldEnd = (jobId: string, memory: TabMemory): boolean =>
  memory.endOf(keyOf('tracked', jobId)) % RANKS === 2;
