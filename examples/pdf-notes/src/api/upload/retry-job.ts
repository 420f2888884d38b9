import type { JobStore } from '@notes/job-events-server';
import type { Logger } from 'pino';
import { isUuid } from '../../database/is-uuid.js';
import type { Uploads } from '../../database/uploads.js';
import { Problem } from '../problem/problem.js';
import type { AcceptUpload } from './accept-upload.js';

export interface RetryJobParts {
  readonly store: JobStore;
  readonly uploads: Uploads;
  readonly acceptUpload: AcceptUpload;
  readonly logger: Logger;
}

/** Lets somebody have a job tried again that failed or that he has cancelled. */
export class RetryJob {
  readonly #parts: RetryJobParts;

  constructor(parts: RetryJobParts) {
    this.#parts = parts;
  }

  /**
   * Two clicks are one: which attempt is wanted follows from the one that has ended. The second may be told that the job
   * is going on.
   *
   * @throws Problem 404 for a job that is unknown or somebody else's, 409 for one that has not failed, 410 where its
   * file is gone.
   */
  async retry(userId: string, jobId: string) {
    const { store, uploads, acceptUpload, logger } = this.#parts;
    const [record] = isUuid(jobId) ? await store.get([jobId]) : [];
    if (record?.userId !== userId) throw new Problem(404, 'NOT_FOUND', 'There is no such job.');
    const { status, version } = record.snapshot;
    if (status !== 'failed' && status !== 'cancelled')
      throw new Problem(409, 'JOB_NOT_RETRYABLE', 'Only a job that has failed or was cancelled can be tried again.');

    const upload = await uploads.promiseAgain(jobId, version[0] + 1);
    if (upload === undefined) throw new Problem(410, 'FILE_GONE', 'The PDF of this job is no longer kept. Please upload it again.');
    logger.info({ jobId, attempt: upload.attempt }, 'A job is tried again, because its user wants it');
    return acceptUpload.begin(upload);
  }
}
