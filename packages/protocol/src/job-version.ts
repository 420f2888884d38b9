/**
 * `[attempt, rank, epoch, seq]`, the order of a job's states (specification, section 1, "Order").
 *
 * - `attempt` ≥ 1: which try of the job.
 * - `rank`: 0 going on, 1 `retrying`, 2 final; within an attempt an end beats progress, whoever comes late.
 * - `epoch`: which reporter speaks; handed out by the store, growing.
 * - `seq` ≥ 1: the reporter's own count.
 */
export type JobVersion = readonly [attempt: number, rank: number, epoch: number, seq: number];

/** The version of a job that is queued and that nobody has reported on. */
export const QUEUED_VERSION: JobVersion = [1, 0, 0, 1];

/** Lexicographic: negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function compareVersions(a: JobVersion, b: JobVersion): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];
}

/** `"attempt.rank.epoch.seq"`, as in the ETag of a status answer. */
export const formatVersion = (version: JobVersion): string => version.join('.');

/** The reverse of {@link formatVersion}; `undefined` for anything else. */
export function parseVersion(text: string): JobVersion | undefined {
  const parts = text.split('.').map(Number);
  return isJobVersion(parts) && formatVersion(parts) === text ? parts : undefined;
}

/** Says whether a value is four safe integers: attempt ≥ 1, rank 0–2, epoch ≥ 0, seq ≥ 1. */
export function isJobVersion(value: unknown): value is JobVersion {
  return (
    Array.isArray(value) &&
    value.length === 4 &&
    value.every((part) => Number.isSafeInteger(part) && part >= 0) &&
    value[0] >= 1 &&
    value[1] <= 2 &&
    value[3] >= 1
  );
}
