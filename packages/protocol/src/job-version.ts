/**
 * `[attempt, rank, epoch, seq, term?]`, the order of a job's states (specification, section 1.2).
 *
 * - `attempt` ≥ 1: which try of the job.
 * - `rank`: 0 in progress, 1 `retrying`, 2 final; within an attempt a terminal state beats progress, even if it arrives late.
 * - `epoch`: which reporter speaks; handed out by the store, growing.
 * - `seq` ≥ 1: the reporter's own count.
 * - `term`, absent = 0: the newest epoch that the store had accepted a state under, or the time when the job was inserted.
 *   It is compared first. Epochs follow the store's clock, so a job that begins anew after its store lost it, or went back
 *   to an earlier state of it, has a greater term than everything before, whatever its attempt.
 */
export type JobVersion = readonly [attempt: number, rank: number, epoch: number, seq: number, term?: number];

/** The version, without its term, of a job that is queued and that nobody has reported on. */
export const QUEUED_VERSION: JobVersion = [1, 0, 0, 1];

/** The term of a version. */
export const termOf = (version: JobVersion): number => version[4] ?? 0;

/** The same version in another term. */
export const withTerm = (version: JobVersion, term: number): JobVersion =>
  termOf(version) === term ? version : [version[0], version[1], version[2], version[3], term];

/** By term, attempt, rank, epoch, seq: negative when `a` is older than `b`, 0 when equal, positive when newer. */
export function compareVersions(a: JobVersion, b: JobVersion): number {
  return termOf(a) - termOf(b) || a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3];
}

/** `"attempt.rank.epoch.seq"`, with `".term"` where there is one, as in the ETag of a status answer. */
export const formatVersion = (version: JobVersion): string => version.join('.');

/** The reverse of {@link formatVersion}; `undefined` for anything else. */
export function parseVersion(text: string): JobVersion | undefined {
  const parts = text.split('.').map(Number);
  return isJobVersion(parts) && formatVersion(parts) === text ? parts : undefined;
}

/** Whether a value is four or five safe integers: attempt ≥ 1, rank 0–2, epoch ≥ 0, seq ≥ 1, term ≥ 0. */
export function isJobVersion(value: unknown): value is JobVersion {
  return (
    Array.isArray(value) &&
    [4, 5].includes(value.length) &&
    value.every((part) => Number.isSafeInteger(part) && part >= 0) &&
    value[0] >= 1 &&
    value[1] <= 2 &&
    value[3] >= 1
  );
}
