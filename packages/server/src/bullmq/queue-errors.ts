import type { JobError } from '@notes/job-events-protocol';

/** The reasons that BullMQ itself gives for an end, and what people see of them. */
const REASONS: readonly { readonly says: RegExp; readonly code: string; readonly message: string }[] = [
  { says: /^job stalled more than allowable limit$/, code: 'STALLED', message: 'The workers that did the job were lost too often.' },
  { says: /^job started more than allowable limit$/, code: 'STARTED_TOO_OFTEN', message: 'The job was begun too often.' },
  { says: /^child .+ failed$/, code: 'CHILD_FAILED', message: 'A part of the job failed.' },
];

/** Why a job failed: in words for people, or what it threw. */
export type Failure = { readonly error: JobError } | { readonly thrown: NonNullable<unknown> };

/** The failure of a job whose function threw here. */
export const failureOfThrow = (error: unknown): Failure => ({ thrown: error ?? new Error('') });

/** The failure of a job that the queue has failed without its function, or with a function of another process. */
export function failureFromQueue(error: Error): Failure {
  const reason = REASONS.find(({ says }) => says.test(error.message));
  return reason === undefined ? { thrown: error } : { error: { code: reason.code, message: reason.message, retryable: true } };
}

/** The failure of a job that the queue has failed, from the one text that BullMQ keeps of it. */
export const failureFromReason = (failedReason: string | undefined): Failure => failureFromQueue(new Error(failedReason ?? ''));

/** A worker was lost in the middle of a job; the queue gives it to another. */
export const STALLED = {
  code: 'STALLED',
  message: 'The worker that did the job was lost; another one takes it.',
  retryable: true,
} satisfies JobError;

/** The queue has removed a job, and nobody saw how it ended. */
export const VANISHED = {
  code: 'VANISHED',
  message: 'The queue no longer knows this job, and how it ended was not seen.',
  retryable: true,
} satisfies JobError;

/** Why the queue fails a job that was cancelled. It stays in the queue, where a reconciler reads it. */
export const cancelledReason = (jobId: string): string => `Job ${jobId} was cancelled.`;
