import { isJobId } from './identifiers.js';
import type { AnyJobSnapshot, JobStatus } from './job-snapshot.js';
import { rankOf } from './job-snapshot.js';
import { isJobVersion } from './job-version.js';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isString = (value: unknown): boolean => typeof value === 'string';

const isError = (value: unknown): boolean =>
  isObject(value) && isString(value['code']) && isString(value['message']) && typeof value['retryable'] === 'boolean';

/**
 * Says whether something that came off the wire or out of a store is a snapshot. Written by hand, so that a browser
 * needs no schema library for it. Unknown fields are allowed: a newer server may add some. It does not check a
 * contract's own stages, metadata or result, nor the limits on lengths, which bind who writes.
 */
export function isJobSnapshot(value: unknown): value is AnyJobSnapshot {
  if (!isObject(value)) return false;
  const { jobId, type = '', status, stage, progress, message = '', metadata = {}, error, delayedUntil = '', version, createdAt, timestamp } = value;
  return (
    isJobId(jobId) &&
    isJobVersion(version) &&
    version[1] === rankOf(status as JobStatus) &&
    isString(stage) &&
    typeof progress === 'number' &&
    progress >= 0 &&
    progress <= 100 &&
    (error === undefined ? status !== 'failed' && status !== 'retrying' : isError(error)) &&
    isObject(metadata) &&
    isString(type) &&
    isString(message) &&
    isString(delayedUntil) &&
    isString(createdAt) &&
    isString(timestamp)
  );
}
