import { UnrecoverableError } from 'bullmq';
import { PdfProblem } from '../pdf/pdf-problem.js';

/** A reason for which the queue should not try again. Its code and message are what the user gets to see. */
export class FinalProblem extends UnrecoverableError {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message);
    this.code = code;
    this.cause = options?.cause;
    // BullMQ knows it by this name, in whichever process the error is read.
    this.name = 'UnrecoverableError';
  }
}

/** Trouble of ours, which may be over by the next try. The user gets this sentence, the log gets the cause. */
export class PassingProblem extends Error {
  override readonly name = 'PassingProblem';
  readonly code = 'WORKER_TROUBLE';

  constructor(options: ErrorOptions) {
    super('Something went wrong on our side while this PDF was worked on.', options);
  }
}

/** Puts an error into the words of the user. What is wrong with the PDF itself stays wrong; the rest may pass. */
export function problemOf(error: unknown): Error {
  if (error instanceof FinalProblem) return error;
  if (error instanceof PdfProblem) return new FinalProblem(error.code, error.message, { cause: error });
  return new PassingProblem({ cause: error });
}
