import { LIMITS, type JobError } from '@notes/job-events-protocol';

import { errorShownFor } from '../emitter/error-shown-for.js';

/**
 * What is shown of an error that a BullMQ job's function threw. Trying again can help, as the queue itself assumes,
 * unless it is an `UnrecoverableError`; a boolean `retryable` of the error's own decides.
 */
export function jobErrorOf(error: unknown): JobError {
  const shown = errorShownFor(error);
  const { name, retryable } = (error ?? {}) as { readonly name?: unknown; readonly retryable?: unknown };
  return {
    code: shown.code.slice(0, LIMITS.errorCodeLength),
    message: shown.message.slice(0, LIMITS.messageLength),
    retryable: typeof retryable === 'boolean' ? retryable : name !== 'UnrecoverableError',
  };
}
