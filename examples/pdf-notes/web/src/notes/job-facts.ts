import type { JobSnapshot } from '@notes/job-events-react';

export const isUnfinished = (job: JobSnapshot): boolean =>
  job.status === 'queued' || job.status === 'active' || job.status === 'retrying';

/** The file's name as far as it is known. */
export const fileNameOf = (job: JobSnapshot): string => job.metadata?.fileName ?? 'Your PDF';
