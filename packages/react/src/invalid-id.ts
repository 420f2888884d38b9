import { isJobId, isUserId, JobEventsError, type ClientError } from '@notes/job-events-client';

/** Why the server would refuse this id; `undefined` for a valid id, and for none. */
export function invalidId(kind: 'userId' | 'jobId', id: unknown): ClientError | undefined {
  if (id == null || (kind === 'userId' ? isUserId : isJobId)(id)) return undefined;
  const shown = typeof id === 'string' ? `'${id.slice(0, 40)}'` : typeof id;
  return new JobEventsError('INVALID_PAYLOAD', `${shown} is not a ${kind}. Give 1 to 128 allowed characters.`);
}
