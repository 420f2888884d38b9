import { UnrecoverableError } from 'bullmq';
import { PdfProblem } from '../pdf/pdf-problem.js';

/** A reason for which the queue should not try again. Its code and message are what the user gets to see. */
export class FinalProblem extends UnrecoverableError {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message);
    this.code = code;
    this.cause = options?.cause;
    // BullMQ knows it by this name where a job's error comes from another copy of the library.
    this.name = 'UnrecoverableError';
  }
}

/** What is wrong with the PDF itself stays wrong; `undefined` for everything else. */
export const asFinalProblem = (error: unknown): FinalProblem | undefined =>
  error instanceof PdfProblem ? new FinalProblem(error.code, error.message, { cause: error }) : undefined;
