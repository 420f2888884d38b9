import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { JobRecord } from '../store/job-record.js';

/**
 * Names the snapshots of an answer whose jobs belong to none of these users, so that a client can tell a job that it
 * watches by its id from one of its own. An answer without any has no such field.
 */
export function foreignAmong(
  snapshots: readonly AnyJobSnapshot[],
  records: Iterable<JobRecord | undefined>,
  userIds: readonly string[],
): { readonly foreign?: readonly string[] } {
  const foreignIds = new Set<string>();
  for (const record of records) if (record && !userIds.includes(record.userId)) foreignIds.add(record.snapshot.jobId);
  const foreign = snapshots.flatMap(({ jobId }) => (foreignIds.has(jobId) ? jobId : []));
  return foreign.length > 0 ? { foreign } : {};
}
