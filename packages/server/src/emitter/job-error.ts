import { JobEventsError, type JobError as ShownError } from '@notes/job-events-protocol';

/** A property with a name, not a symbol: an error that BullMQ hands from a sandboxed process to its worker keeps those alone. */
const MARKER = '@notes/job-events/job-error';

/**
 * An error of a job for the people who watch it. Thrown by the function of a run, its code, message and `retryable` are
 * shown as they are; of every other error people see a neutral sentence. Its `cause` and its stack are never shown.
 *
 * Has no effect on whether a queue tries again.
 *
 * @example
 * throw new JobError('PDF_ENCRYPTED', 'This PDF is protected by a password. Remove it and upload the file again.');
 */
export class JobError extends JobEventsError<string> implements ShownError {
  /** Whether trying again can help. */
  readonly retryable: boolean;
  readonly [MARKER] = true;

  /**
   * @param code For programs, 1 to 64 characters, the application's own, such as `PDF_ENCRYPTED`.
   * @param message For people, at most 500 characters; a longer one is cut.
   * @param options `retryable`: whether trying again can help. Default: false.
   */
  constructor(code: string, message: string, { retryable = false, cause }: { retryable?: boolean | undefined; cause?: unknown } = {}) {
    super(code, message, { cause });
    this.retryable = retryable;
  }

  /** Recognizes a `JobError` also when two copies of this package are loaded, such as its CommonJS and its ESM form, and when it comes from a sandboxed process of BullMQ. */
  static override isInstance(value: unknown): value is JobError {
    const { [MARKER]: isMarked, code, message, retryable } = (value ?? {}) as Partial<JobError>;
    return isMarked === true && typeof code === 'string' && typeof message === 'string' && typeof retryable === 'boolean';
  }
}
