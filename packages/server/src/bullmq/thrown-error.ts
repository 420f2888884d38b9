import { LIMITS, type JobError } from '@notes/job-events-protocol';

/**
 * What people and programs are told of an error that a job's function threw: its `code` where it has one, its message,
 * and whether trying again can help, which an `UnrecoverableError` denies and a boolean `retryable` decides.
 */
export function jobErrorOf(error: unknown): JobError {
  const { name, message, code, retryable } = (typeof error === 'object' && error !== null ? error : {}) as Readonly<Record<string, unknown>>;
  const text = typeof message === 'string' ? message : String(error);
  return {
    code: typeof code === 'string' && code !== '' && code.length <= LIMITS.errorCodeLength ? code : 'JOB_FAILED',
    message: (text === '' ? 'The job failed.' : text).slice(0, LIMITS.messageLength),
    retryable: typeof retryable === 'boolean' ? retryable : name !== 'UnrecoverableError',
  };
}
