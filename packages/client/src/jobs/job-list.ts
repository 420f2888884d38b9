import type { AnyJobSnapshot } from '@notes/job-events-protocol';

/** Newest `createdAt` first. */
const isBefore = (a: AnyJobSnapshot, b: AnyJobSnapshot): boolean =>
  a.createdAt === b.createdAt ? a.jobId > b.jobId : a.createdAt > b.createdAt;

/** Where a job is, or belongs. */
function placeOf(job: AnyJobSnapshot, jobs: readonly AnyJobSnapshot[]): number {
  let low = 0;
  for (let high = jobs.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (isBefore(jobs[middle]!, job)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Reads jobs as an array, newest `createdAt` first: the same array as long as nothing is outdated. Only what is outdated
 * is looked at: sorting all jobs for each event would cost more the more there are.
 *
 * @param outdated the jobs that have changed; emptied by reading
 * @param find the job as it belongs into the list, if it does
 */
export function createJobList(outdated: Set<string>, find: (jobId: string) => AnyJobSnapshot | undefined): () => readonly AnyJobSnapshot[] {
  let jobs: readonly AnyJobSnapshot[] = [];
  /** The jobs as the array has them. */
  const listed = new Map<string, AnyJobSnapshot>();
  return () => {
    if (outdated.size === 0) return jobs;
    const next = [...jobs];
    for (const jobId of outdated) {
      const before = listed.get(jobId);
      const now = find(jobId);
      const isInPlace = now?.createdAt === before?.createdAt;
      if (before && !isInPlace) next.splice(placeOf(before, next), 1);
      listed.delete(jobId);
      if (!now) continue;
      next.splice(placeOf(now, next), isInPlace ? 1 : 0, now);
      listed.set(jobId, now);
    }
    outdated.clear();
    return (jobs = next);
  };
}
