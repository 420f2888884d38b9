import type { JobError } from '@notes/job-events-protocol';

/**
 * What people are shown of an error that a run's function threw: its `message`; its `code` if it is a string, else
 * `JOB_FAILED`; and whether its `retryable` is true. Never its stack.
 */
export function errorShownFor(error: unknown): JobError {
  const { code, message, retryable } = (typeof error === 'object' && error !== null ? error : { message: error }) as Partial<Record<keyof JobError, unknown>>;
  return {
    code: typeof code === 'string' && code !== '' ? code : 'JOB_FAILED',
    message: typeof message === 'string' && message !== '' ? message : 'The job failed.',
    retryable: retryable === true,
  };
}
