import type { JobEvents, JobRecord, JobStore } from '@notes/job-events-server';
import type { Logger } from 'pino';
import type { Upload, Uploads } from '../../database/uploads.js';
import type { pdfNotes } from '../../pdf-notes-job.js';
import { within } from '../../process/within.js';
import type { NotesQueue, Queued } from '../../queue/notes-queue.js';

export interface JobAuditParts {
  readonly uploads: Uploads;
  readonly queue: NotesQueue;
  readonly store: JobStore;
  readonly jobEvents: JobEvents<typeof pdfNotes>;
  readonly keepFilesForMs: number;
  readonly logger: Logger;
}

/** What has to be done so that promise, queue and job store say the same again. */
export type Correction = 'none' | 'offer-again' | 'tell-failed' | 'tell-completed' | 'note-completed' | 'note-ended';

const QUEUE_ANSWERS_WITHIN_MS = 3_000;

/** A run of which nothing was heard for so long is over. */
const SILENT_MS = 30_000;

/**
 * Compares what was promised with what the queue and the job store know, and mends what a crash at a bad moment has left:
 * a queue that forgot a job, an end that the queue has and nobody was told, a file that nobody needs any more.
 */
export class JobAudit {
  readonly #parts: JobAuditParts;

  constructor(parts: JobAuditParts) {
    this.#parts = parts;
  }

  async check(): Promise<void> {
    const { uploads, store, keepFilesForMs, logger } = this.#parts;
    const going = await uploads.listToCheck();
    const [records, now] = await Promise.all([store.get(going.map(({ jobId }) => jobId)), store.now()]);
    for (const [index, upload] of going.entries())
      await this.#checkOne(upload, records[index], now).catch((error: unknown) => {
        logger.warn({ err: error, jobId: upload.jobId }, 'What became of a job could not be found out; it is looked at again');
      });
    await uploads.removeEnded(keepFilesForMs);
  }

  async #checkOne(upload: Upload, record: JobRecord | undefined, now: number): Promise<void> {
    const { uploads, queue, jobEvents, logger } = this.#parts;
    const { jobId, userId } = upload;
    const queued = await within(QUEUE_ANSWERS_WITHIN_MS, queue.find(upload));
    const correction = correctionOf(upload, record, queued, now);
    const attempt = record?.snapshot.version[0];
    if (correction.startsWith('tell') || correction === 'offer-again') logger.warn({ jobId, correction }, 'The queue and what is shown of a job did not agree');
    switch (correction) {
      case 'none':
        return;
      case 'offer-again':
        return uploads.markNotEnqueued(upload);
      case 'tell-failed':
        await jobEvents.emitter.emitFailed({ jobId, userId, attempt, error: whyOf((queued as { reason: string }).reason) });
        return;
      case 'tell-completed':
        await jobEvents.emitter.emitCompleted({ jobId, userId, attempt, result: (queued as { result: { noteId: string } }).result });
        return;
      case 'note-completed':
        return uploads.remove(jobId);
      case 'note-ended':
        return uploads.end(upload);
    }
  }
}

/** BullMQ's words for a job whose workers were lost too often. */
const STALLED = 'job stalled more than allowable limit';

const LOST = { code: 'WORKER_LOST', message: 'The workers that had this PDF were lost too often. Please try again.', retryable: true } as const;
const TROUBLE = { code: 'WORKER_TROUBLE', message: 'Something went wrong on our side while this PDF was worked on. Please try again.', retryable: true } as const;

/** The queue's reason is for whoever runs the queue; what the user is told has to be true as well. Pure. */
export const whyOf = (reason: string) => (reason === STALLED ? LOST : TROUBLE);

/** Pure. */
export function correctionOf(upload: Upload, record: JobRecord | undefined, queued: Queued, now: number): Correction {
  const status = record?.snapshot.status;
  const isOfThisAttempt = record !== undefined && record.snapshot.version[0] >= upload.attempt;
  if (status === 'completed') return 'note-completed';
  if ((status === 'failed' || status === 'cancelled') && isOfThisAttempt) return 'note-ended';
  switch (queued.state) {
    case 'going-on':
      return 'none';
    case 'unknown':
      // A worker that is at it without the queue's knowing ends it by itself.
      return record?.run !== undefined && now - record.run.aliveAt <= SILENT_MS ? 'none' : 'offer-again';
    case 'failed':
      return isOfThisAttempt ? 'tell-failed' : 'none';
    case 'completed':
      return 'tell-completed';
  }
}
