import { isFinal, type JobSnapshot } from '@notes/job-events-react';

import type { KnownJob } from '../uploads/upload.js';

export const isUnfinished = (job: JobSnapshot): boolean => !isFinal(job.status);

/** The file's name as far as it is known. */
export const fileNameOf = (job: JobSnapshot): string => job.metadata?.fileName ?? 'Your PDF';

export const knownJob = (job: JobSnapshot): KnownJob => ({ jobId: job.jobId, fileName: fileNameOf(job) });
