import { JobError } from '@notes/job-events-server';
import { UnrecoverableError } from 'bullmq';
import { NotesProblem } from '../notes/notes-problem.js';
import { PdfProblem } from '../pdf/pdf-problem.js';

/** A reason for which the queue should not try again. Its cause is what the user gets to see. */
export class FinalProblem extends UnrecoverableError {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message);
    this.code = code;
    this.cause = new JobError(code, message, { cause: options?.cause });
    // BullMQ knows it by this name, in whichever process the error is read.
    this.name = 'UnrecoverableError';
  }
}

/** A reason that may be over by the next try. The user gets to see it. */
export class PassingProblem extends JobError {
  constructor(code: string, message: string, { cause }: ErrorOptions) {
    super(code, message, { retryable: true, cause });
  }
}

/**
 * Puts an error into the words of the user: what is wrong with the PDF stays wrong, a model may answer again, and of
 * everything else the user gets to know that it is not the PDF's fault. The log gets the cause.
 */
export function problemOf(error: unknown): Error {
  if (error instanceof FinalProblem) return error;
  if (error instanceof NotesProblem && error.code === 'MODEL_UNAVAILABLE') return new PassingProblem(error.code, error.message, { cause: error });
  if (error instanceof PdfProblem || error instanceof NotesProblem) return new FinalProblem(error.code, error.message, { cause: error });
  return new PassingProblem('WORKER_TROUBLE', 'Something went wrong on our side while this PDF was worked on.', { cause: error });
}
