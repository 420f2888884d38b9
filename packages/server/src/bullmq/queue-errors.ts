import type { JobError } from '@notes/job-events-protocol';

import { jobErrorOf } from './thrown-error.js';

/** The reasons that BullMQ itself gives for an end, and what they are called here. */
const REASONS: readonly { readonly says: RegExp; readonly code: string }[] = [
  { says: /^job stalled more than allowable limit$/, code: 'STALLED' },
  { says: /^job started more than allowable limit$/, code: 'STARTED_TOO_OFTEN' },
  { says: /^child .+ failed$/, code: 'CHILD_FAILED' },
];

/** The error of a job that the queue has failed without its function, or with a function of another process. */
export function errorFromQueue(error: Error): JobError {
  return REASONS.some(({ says }) => says.test(error.message)) ? errorFromReason(error.message) : jobErrorOf(error);
}

/** The error of a job that the queue has failed, from the one text that BullMQ keeps of it. */
export function errorFromReason(failedReason: string | undefined): JobError {
  const message = failedReason === undefined || failedReason === '' ? 'The job failed.' : failedReason;
  const code = REASONS.find(({ says }) => says.test(message))?.code ?? 'JOB_FAILED';
  return { code, message: message.slice(0, 500), retryable: true };
}

/** A worker was lost in the middle of a job; the queue gives it to another. */
export const STALLED: JobError = {
  code: 'STALLED',
  message: 'The worker that did the job was lost; another one takes it.',
  retryable: true,
};

/** The queue has removed a job, and nobody saw how it ended. */
export const VANISHED: JobError = {
  code: 'VANISHED',
  message: 'The queue no longer knows this job, and how it ended was not seen.',
  retryable: true,
};

/** Why the queue fails a job that was cancelled. It stays in the queue, where a reconciler reads it. */
export const cancelledReason = (jobId: string): string => `Job ${jobId} was cancelled.`;
