import type { AnyJobSnapshot } from '@notes/job-events-protocol';

/** Newest `createdAt` first: negative where `a` comes before `b`. */
function newestFirst(a: AnyJobSnapshot, b: AnyJobSnapshot): number {
  const isBefore = a.createdAt === b.createdAt ? a.jobId > b.jobId : a.createdAt > b.createdAt;
  return isBefore ? -1 : 1;
}

/** Where a job is, or belongs. */
function placeOf(job: AnyJobSnapshot, jobs: readonly AnyJobSnapshot[]): number {
  let low = 0;
  for (let high = jobs.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (newestFirst(jobs[middle]!, job) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Both newest first. */
function merge(jobs: readonly AnyJobSnapshot[], added: readonly AnyJobSnapshot[]): AnyJobSnapshot[] {
  // What is older than the last new job is in its place already.
  const merged = added.concat(jobs);
  let from = 0;
  let to = 0;
  for (const job of added) {
    for (const place = placeOf(job, jobs); from < place; ) merged[to++] = jobs[from++]!;
    merged[to++] = job;
  }
  return merged;
}

/**
 * Reads jobs as an array, newest `createdAt` first: the same array as long as nothing is outdated. Only what is outdated
 * is looked at: sorting all jobs for each event would cost more the more there are. A reading copies the array once,
 * whatever the number of changes.
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
    let next: (AnyJobSnapshot | undefined)[] | undefined;
    const added: AnyJobSnapshot[] = [];
    let hasGaps = false;
    for (const jobId of outdated) {
      const before = listed.get(jobId);
      const now = find(jobId);
      const isInPlace = before && now?.createdAt === before.createdAt;
      if (before) (next ??= [...jobs])[placeOf(before, jobs)] = isInPlace ? now : undefined;
      if (before && !isInPlace) hasGaps = true;
      if (now && !isInPlace) added.push(now);
      if (now) listed.set(jobId, now);
      else listed.delete(jobId);
    }
    outdated.clear();
    if (next) jobs = (hasGaps ? next.filter(Boolean) : next) as AnyJobSnapshot[];
    if (added[0]) jobs = merge(jobs, added.sort(newestFirst));
    return jobs;
  };
}
