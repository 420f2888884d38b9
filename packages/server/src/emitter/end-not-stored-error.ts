import { JobEventsServerError } from '../server-errors.js';
import type { StateWrite } from '../store/job-store.js';

/**
 * The end of a job that could not be stored, as plain JSON. Keep it, and give it to `restoreEnds` of a later emitter. An
 * epoch of 0 in the version means that the store never knew the run.
 */
export type UnstoredEnd = StateWrite;

/** `STORE_UNAVAILABLE`: an end was given up. Nobody was told of it. */
export class EndNotStoredError extends JobEventsServerError {
  /** What was to be stored. */
  readonly end: UnstoredEnd;

  constructor(end: UnstoredEnd, cause: unknown) {
    const { jobId, status } = end.snapshot;
    super('STORE_UNAVAILABLE', `The end of job ${jobId} (${status}) could not be stored, so nobody was told. Keep the field end of this error, and give it to restoreEnds when the store is back.`, {
      cause,
      jobId,
    });
    this.end = end;
  }
}
