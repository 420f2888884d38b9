import type { NewJob } from '../store/job-record.js';
import type { AboutJob } from './payload-schemas.js';

/** What a store is told of the job that a payload is about. */
export const newJobOf = ({ jobId, userId, type, message, metadata, queueJob }: AboutJob, createdAt: string): NewJob => ({
  jobId,
  userId,
  ...(type !== undefined && { type }),
  ...(message !== undefined && { message }),
  ...(metadata && { metadata }),
  ...(queueJob && { queueJob }),
  createdAt,
});
