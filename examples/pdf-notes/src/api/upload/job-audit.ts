import type { JobRecord, JobStore } from '@notes/job-events-server';
import type { Logger } from 'pino';
import type { Upload, Uploads } from '../../database/uploads.js';
import { within } from '../../process/within.js';
import type { NotesQueue } from '../../queue/notes-queue.js';

export interface JobAuditParts {
  readonly uploads: Uploads;
  readonly queue: NotesQueue;
  readonly store: JobStore;
  readonly keepFilesForMs: number;
  readonly logger: Logger;
}

/** What has to be done so that the promise, the file and what is shown of a job say the same again. */
export type Correction = 'none' | 'offer-again' | 'note-completed' | 'note-ended';

const QUEUE_ANSWERS_WITHIN_MS = 3_000;

/**
 * Keeps files and promises in step with what became of their jobs: a job that the queue or the job store has lost is
 * offered again, and the file of one that has ended is let go. That what is shown of a job agrees with the queue is the
 * work of the library's `reconcileQueue`.
 */
export class JobAudit {
  readonly #parts: JobAuditParts;

  constructor(parts: JobAuditParts) {
    this.#parts = parts;
  }

  /** The rest is left when `stopping` is aborted. */
  async check(stopping: AbortSignal): Promise<void> {
    const { uploads, store, keepFilesForMs, logger } = this.#parts;
    const going = await uploads.listToCheck();
    const records = await store.get(going.map(({ jobId }) => jobId));
    for (const [index, upload] of going.entries()) {
      if (stopping.aborted) return;
      await this.#checkOne(upload, records[index]).catch((error: unknown) => {
        logger.warn({ err: error, jobId: upload.jobId }, 'What became of a job could not be found out; it is looked at again');
      });
    }
    await uploads.removeEnded(keepFilesForMs);
  }

  async #checkOne(upload: Upload, record: JobRecord | undefined): Promise<void> {
    const { uploads, queue, logger } = this.#parts;
    const isInQueue = await within(QUEUE_ANSWERS_WITHIN_MS, queue.has(upload));
    switch (correctionOf(upload, record, isInQueue)) {
      case 'none':
        return;
      case 'offer-again':
        logger.warn({ jobId: upload.jobId }, 'A job was lost, and is offered again');
        return uploads.markNotEnqueued(upload);
      case 'note-completed':
        return uploads.remove(upload.jobId);
      case 'note-ended':
        return uploads.end(upload);
    }
  }
}

/** Pure. */
export function correctionOf(upload: Upload, record: JobRecord | undefined, isInQueue: boolean): Correction {
  if (record === undefined) return 'offer-again';
  const { status, version } = record.snapshot;
  if (status === 'completed') return 'note-completed';
  if ((status === 'failed' || status === 'cancelled') && version[0] >= upload.attempt) return 'note-ended';
  // A worker that is at it without the queue's knowing ends it by itself. If it was lost too, the library ends the job.
  return isInQueue || status === 'active' ? 'none' : 'offer-again';
}
