import { isFinal, type Subscription } from '@notes/job-events-protocol';
import type { JobTable } from './job-table.js';
import type { TabMemory } from './tab-memory.js';
import { hasToldEnd } from './settle-once.js';

/** Follows the jobs that this tab asked for, each to its end, also after a reload. */
export interface JobTracker {
  track(jobId: string): void;
  untrack(jobId: string): void;
  /** Goes on with what is tracked and has not been told to the end, as after a reload or once a user is back. */
  resume(): void;
  /** Does not ask for the job any more; it stays tracked. */
  release(jobId: string): void;
  releaseAll(): void;
}

export function createJobTracker(memory: TabMemory, table: JobTable, subscribe: (subscription: Subscription) => () => void): JobTracker {
  const releases = new Map<string, () => void>();

  function follow(jobId: string): void {
    const job = table.find(jobId);
    if (releases.has(jobId) || (job && isFinal(job.status))) return;
    releases.set(jobId, subscribe({ jobId }));
  }

  function release(jobId: string): void {
    releases.get(jobId)?.();
    releases.delete(jobId);
  }

  return {
    track(jobId) {
      memory.track(jobId, (other) => !releases.has(other));
      follow(jobId);
    },
    untrack(jobId) {
      memory.untrack(jobId);
      release(jobId);
    },
    resume() {
      for (const jobId of memory.trackedIds()) if (!hasToldEnd(jobId, memory)) follow(jobId);
    },
    release,
    releaseAll: () => [...releases.keys()].forEach(release),
  };
}
