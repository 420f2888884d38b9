import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { EndContext } from '../job-handlers.js';
import type { TabMemory } from './tab-memory.js';

/** Those who hear of every job, and those who hear only of tracked ones. Each is told of an end once. */
export type Audience = 'all' | 'tracked';

/** Tells an audience of an end; says whether anybody was there to hear it. */
export type TellEnd = (audience: Audience, job: AnyJobSnapshot, context: EndContext) => boolean;

/**
 * Sees to it that the application is told of each end at most once, however often and by whichever way the job's state
 * arrives, also after a reload. An end that nobody was there to hear is not used up.
 *
 * @param initial Whether the job had already ended when it was first seen.
 */
export function settleOnce(job: AnyJobSnapshot, initial: boolean, memory: TabMemory, tell: TellEnd): void {
  const [attempt, rank] = job.version;
  if (rank === 0) return;
  const end = attempt * 3 + rank;
  const tracked = memory.tracked.has(job.jobId);
  for (const audience of tracked ? (['all', 'tracked'] as const) : (['all'] as const)) {
    const key = `${audience}:${job.jobId}`;
    if (memory.endOf(key) >= end) continue;
    if (tell(audience, job, { initial, tracked })) memory.markEnd(key, end);
  }
}
