import { randomUUID } from 'node:crypto';
import type { JobEvents } from '@notes/job-events-server';
import type { Logger } from 'pino';
import type { Upload, Uploads } from '../../database/uploads.js';
import type { JobPath, pdfNotes } from '../../pdf-notes-job.js';
import { checkUpload } from '../../pdf/check-upload.js';
import { within } from '../../process/within.js';
import type { NotesQueue } from '../../queue/notes-queue.js';
import { Problem } from '../problem/problem.js';
import type { UploadedFile } from './read-upload.js';

export interface AcceptUploadParts {
  readonly uploads: Uploads;
  readonly queue: NotesQueue;
  readonly jobEvents: JobEvents<typeof pdfNotes>;
  readonly maximumBytes: number;
  readonly logger: Logger;
}

const QUEUE_ANSWERS_WITHIN_MS = 3_000;

/** Takes PDFs in: after `accept` the job exists, everybody can see it, and it will be done whatever crashes. */
export class AcceptUpload {
  readonly #parts: AcceptUploadParts;

  constructor(parts: AcceptUploadParts) {
    this.#parts = parts;
  }

  /** @throws Problem where the file is no PDF that could be read, or the job cannot be stored now. Nothing is left then. */
  async accept(userId: string, path: JobPath, file: UploadedFile) {
    const { uploads, maximumBytes, logger } = this.#parts;
    const rejection = checkUpload(file.bytes, { maximumBytes });
    if (rejection !== undefined) throw new Problem(rejection.status, rejection.code, rejection.message);

    const upload: Upload = { jobId: randomUUID(), fileId: randomUUID(), userId, fileName: file.name, path, attempt: 1 };
    await uploads.save(upload, file.bytes);
    logger.info({ jobId: upload.jobId, userId, path, bytes: file.bytes.length }, 'A PDF was accepted');
    try {
      return await this.begin(upload);
    } catch (error) {
      await uploads.remove(upload.jobId);
      throw new Problem(503, 'UNAVAILABLE', 'Your PDF could not be accepted just now. Please try again in a minute.', { cause: error });
    }
  }

  /**
   * Shows the job as queued and gives it to the queue; if the queue is away, `keepPromises` does it later. Doing it again
   * changes nothing.
   */
  async begin(upload: Upload) {
    const accepted = await this.#announce(upload);
    await this.#enqueue(upload).catch((error: unknown) => {
      this.#parts.logger.warn({ err: error, jobId: upload.jobId }, 'The queue did not take the job; it is offered again soon');
    });
    return accepted;
  }

  /** Gives the queue what it was promised more than `olderThanMs` ago and did not get. The rest is left when `stopping` is aborted. */
  async keepPromises(olderThanMs: number, stopping: AbortSignal): Promise<void> {
    for (const upload of await this.#parts.uploads.listNotEnqueued(olderThanMs)) {
      if (stopping.aborted) return;
      await this.#announce(upload);
      await this.#enqueue(upload);
      this.#parts.logger.info({ jobId: upload.jobId }, 'The queue has got a job that it had missed');
    }
  }

  #announce({ jobId, userId, fileId, fileName, path, attempt }: Upload) {
    return this.#parts.jobEvents.accepted({ jobId, userId, metadata: { fileName, path }, attempt, rerun: true }, { body: { fileId } });
  }

  async #enqueue(upload: Upload): Promise<void> {
    const { queue, jobEvents, uploads } = this.#parts;
    const { jobId, userId } = upload;
    // A queue that is away lets callers wait; if it takes the job later all the same, the job is still only one.
    const queueJob = await within(QUEUE_ANSWERS_WITHIN_MS, queue.add(upload));
    // From here on the library compares what is shown of the job with the queue.
    await jobEvents.emitter.emitQueued({ jobId, userId, queueJob });
    await uploads.markEnqueued(upload);
  }
}
