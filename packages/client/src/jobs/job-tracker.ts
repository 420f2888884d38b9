import { isFinal, type AnyJobSnapshot, type Subscription } from '@notes/job-events-protocol';
import type { JobTable } from './job-table.js';
import type { TabMemory } from './tab-memory.js';
import { hasToldEnd } from './settle-once.js';

/** Follows the jobs that this tab asked for, each to its end, also after a reload. */
export interface JobTracker {
  /** Follows the job, and hands over an end that has come already. */
  track(jobId: string): void;
  untrack(jobId: string): void;
  isTracked(jobId: string): boolean;
  /** Its handlers were told of this state. What has ended stays tracked, but is not asked for any more. */
  settled(job: AnyJobSnapshot): void;
  /** Terminal states of tracked jobs that no handler was there for: kept for whoever comes, also when the list has dropped them. */
  unheard(): readonly AnyJobSnapshot[];
  /** Goes on with what is tracked and has not been told to the end, as after a reload or once a user is back. */
  resume(): void;
  /** Lets go of everything; what is remembered stays. */
  release(): void;
}

export function createJobTracker(
  memory: TabMemory,
  table: JobTable,
  subscribe: (subscription: Subscription) => () => void,
  settle: (job: AnyJobSnapshot) => void,
): JobTracker {
  const releases = new Map<string, () => void>();
  const unheard = new Map<string, AnyJobSnapshot>();

  function follow(jobId: string): void {
    const job = table.find(jobId);
    if (releases.has(jobId) || (job && isFinal(job.status))) return;
    releases.set(jobId, subscribe({ jobId }));
  }

  function letGo(jobId: string): void {
    releases.get(jobId)?.();
    releases.delete(jobId);
  }

  return {
    track(jobId) {
      memory.track(jobId, (other) => !releases.has(other));
      follow(jobId);
      const job = table.find(jobId) ?? unheard.get(jobId);
      if (job) settle(job);
    },
    untrack(jobId) {
      memory.untrack(jobId);
      unheard.delete(jobId);
      letGo(jobId);
    },
    isTracked: (jobId) => memory.isTracked(jobId),
    settled(job) {
      const { jobId } = job;
      unheard.delete(jobId);
      if (!isFinal(job.status)) return;
      letGo(jobId);
      if (memory.isTracked(jobId) && !hasToldEnd(jobId, memory)) unheard.set(jobId, job);
    },
    unheard() {
      for (const jobId of unheard.keys()) if (!memory.isTracked(jobId)) unheard.delete(jobId);
      return [...unheard.values()];
    },
    resume() {
      for (const jobId of memory.trackedIds()) if (!hasToldEnd(jobId, memory)) follow(jobId);
    },
    release() {
      unheard.clear();
      releases.forEach((_release, jobId) => letGo(jobId));
    },
  };
}
