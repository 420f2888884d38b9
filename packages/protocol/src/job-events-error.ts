const MARKER = Symbol.for('@notes/job-events/error');

/**
 * The base of every error of these packages. `code` is for programs and comes from the table of the package that
 * throws; `message` says what happened and what to do; `cause` is what was underneath.
 */
export class JobEventsError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly [MARKER] = true;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }

  /** Recognizes an error of these packages, also when two copies of a package are installed. */
  static isInstance(value: unknown): value is JobEventsError {
    return typeof value === 'object' && value !== null && MARKER in value;
  }
}
