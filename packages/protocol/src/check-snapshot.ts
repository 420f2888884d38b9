import { isJobId } from './identifiers.js';
import type { AnyJobSnapshot, JobStatus } from './job-snapshot.js';
import { rankOf } from './job-snapshot.js';
import { isJobVersion } from './job-version.js';

const STATUSES: readonly JobStatus[] = ['queued', 'active', 'retrying', 'completed', 'failed', 'cancelled'];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOptionalString = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isError = (value: unknown): boolean =>
  isObject(value) &&
  typeof value['code'] === 'string' &&
  typeof value['message'] === 'string' &&
  typeof value['retryable'] === 'boolean';

/**
 * Says whether something that came off the wire or out of a store is a snapshot. Written by hand, so that a browser
 * needs no schema library for it. Unknown fields are allowed: a newer server may add some. It does not check a
 * contract's own stages, metadata or result, nor the limits on lengths, which bind who writes.
 */
export function isJobSnapshot(value: unknown): value is AnyJobSnapshot {
  if (!isObject(value)) return false;
  const { status, progress, version, error, metadata } = value;
  return (
    isJobId(value['jobId']) &&
    STATUSES.includes(status as JobStatus) &&
    typeof value['stage'] === 'string' &&
    typeof progress === 'number' &&
    progress >= 0 &&
    progress <= 100 &&
    isJobVersion(version) &&
    version[1] === rankOf(status as JobStatus) &&
    (error === undefined ? status !== 'failed' && status !== 'retrying' : isError(error)) &&
    (metadata === undefined || isObject(metadata)) &&
    isOptionalString(value['type']) &&
    isOptionalString(value['message']) &&
    typeof value['createdAt'] === 'string' &&
    typeof value['timestamp'] === 'string'
  );
}
