import { LIMITS, type JobError as ShownError } from '@notes/job-events-protocol';
import type { OnError } from '../logger.js';
import { Remembered } from '../remembered.js';
import { JobEventsServerError } from '../server-errors.js';
import { JobError } from './job-error.js';

/** The job that an error ended. */
export interface ErrorContext {
  readonly jobId: string;
  readonly userId: string;
  readonly type?: string | undefined;
}

/**
 * Decides what people see of an error that is not a `JobError`. `undefined`: the neutral sentence. Must not wait. Where
 * only a queue's text of an error is known, it is asked with an `Error` that has this text as its message.
 */
export type DescribeError = (error: unknown, context: ErrorContext) => ShownError | undefined;

export interface ErrorDescriberOptions {
  readonly describeError: DescribeError | undefined;
  /** Shows the name and the message of an error instead of the neutral sentence. */
  readonly isDevelopment: boolean;
  readonly onError: OnError;
}

/** What people see of an error, and how the rest of it is reported once it is known that it has ended this attempt. */
export interface DescribedError {
  readonly shown: ShownError;
  /** Tells `onError` what people are not shown, once for each attempt. */
  report(attempt: number): void;
}

const NOT_REPORTED = (): void => undefined;

/** How many failures are remembered as reported: a queue tells of one failure more than once. */
const MOST_REPORTED = 1_000;

/** Decides what people see of what a job threw: nothing but a `JobError`, or what the application decides, is for them. */
export class ErrorDescriber {
  readonly #options: ErrorDescriberOptions;
  readonly #reported = new Remembered<true>(MOST_REPORTED);

  constructor(options: ErrorDescriberOptions) {
    this.#options = options;
  }

  /** Never throws, whatever was thrown: the job has to end. */
  describe(error: unknown, context: ErrorContext): DescribedError {
    try {
      return this.#describe(error, context);
    } catch (cause) {
      // A getter that throws, a Proxy. It is not the cause: whoever logs it would fail in the same way.
      const unreadable = new TypeError('What the job threw cannot be read.', { cause });
      return { shown: fitted({ code: 'JOB_FAILED', message: neutralMessage(true), retryable: true }), report: (attempt) => this.#report(unreadable, context, attempt) };
    }
  }

  #describe(error: unknown, context: ErrorContext): DescribedError {
    const words = jobErrorIn(error) ?? this.#ask(error, context);
    if (words !== undefined) return { shown: fitted(words), report: NOT_REPORTED };
    const retryable = isRetryable(error);
    const said = nameAndMessage(error);
    const message = this.#options.isDevelopment ? said : neutralMessage(retryable);
    return { shown: fitted({ code: 'JOB_FAILED', message, retryable }), report: (attempt) => this.#report(error, context, attempt) };
  }

  #ask(error: unknown, context: ErrorContext): ShownError | undefined {
    const { describeError, onError } = this.#options;
    if (describeError === undefined) return undefined;
    const { jobId, userId, type } = context;
    try {
      const described = describeError(error, { jobId, userId, type });
      if (described === undefined || isShownError(described)) return described;
      throw new TypeError('describeError must return { code, message, retryable }, or undefined.');
    } catch (cause) {
      onError(new JobEventsServerError('HANDLER_FAILED', `describeError failed for job ${jobId}; a neutral sentence is shown.`, { cause, jobId }));
      return undefined;
    }
  }

  #report(cause: unknown, { jobId }: ErrorContext, attempt: number): void {
    const key = `${jobId} ${attempt} ${nameAndMessage(cause)}`;
    if (this.#reported.has(key)) return;
    this.#reported.set(key, true);
    const message = `Job ${jobId} threw an error that is not a JobError: see \`cause\`. People see a neutral sentence.`;
    this.#options.onError(new JobEventsServerError('JOB_FAILED', message, { cause, jobId }));
  }
}

/** Says whether a value can be shown as the error of a job. */
export function isShownError(value: unknown): value is ShownError {
  const { code, message, retryable } = (value ?? {}) as Partial<Record<keyof ShownError, unknown>>;
  return typeof code === 'string' && typeof message === 'string' && typeof retryable === 'boolean';
}

const neutralMessage = (retryable: boolean): string => (retryable ? 'The job failed. Try again later.' : 'The job failed.');

/** BullMQ recognizes by this name an error after which it does not try again; the reason may be its `cause`. */
const UNRECOVERABLE = 'UnrecoverableError';

function jobErrorIn(error: unknown): JobError | undefined {
  if (JobError.isInstance(error)) return error;
  const { name, cause } = (error ?? {}) as { readonly name?: unknown; readonly cause?: unknown };
  return name === UNRECOVERABLE && JobError.isInstance(cause) ? cause : undefined;
}

/** Trying again can help unless the error says otherwise. */
function isRetryable(error: unknown): boolean {
  const { name, retryable } = (error ?? {}) as { readonly name?: unknown; readonly retryable?: unknown };
  return typeof retryable === 'boolean' ? retryable : name !== UNRECOVERABLE;
}

function nameAndMessage(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : 'The job threw something that is not an Error.';
  return error.message === '' ? error.name : `${error.name}: ${error.message}`;
}

const fitted = ({ code, message, retryable }: ShownError): ShownError => ({
  code: code.slice(0, LIMITS.errorCodeLength) || 'JOB_FAILED',
  message: (message || neutralMessage(retryable)).slice(0, LIMITS.messageLength),
  retryable,
});
