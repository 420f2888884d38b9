import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { JobEventEmitterService } from '@notes/job-events-server';
import { followWorker, runBullJob } from '@notes/job-events-server/bullmq';
import type { Logger } from 'pino';
import { WORKER_SETTINGS, type WorkerSettings } from '../config/settings.js';
import { Notes } from '../database/notes.js';
import { Uploads } from '../database/uploads.js';
import type { pdfNotes } from '../pdf-notes-job.js';
import { LOGGER } from '../process/create-logger.js';
import { openNotesWorker } from '../queue/open-notes-worker.js';
import type { NotesJob, NotesResult, OpenWorker } from '../queue/queue-backend.js';
import { makePdfNotes } from './make-pdf-notes.js';

/** Takes PDFs from the queue, does the whole path in one job, and tells everybody who watches. */
@Injectable()
export class PdfNotesOptimizedWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #worker: OpenWorker | undefined;
  #stopFollowing: (() => Promise<void>) | undefined;

  constructor(
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(JobEventEmitterService) private readonly emitter: JobEventEmitterService<typeof pdfNotes>,
    @Inject(Uploads) private readonly uploads: Uploads,
    @Inject(Notes) private readonly notes: Notes,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { settings, logger } = this;
    const worker = openNotesWorker({ ...settings, logger }, (job) => this.process(job));
    this.#worker = worker;
    // What the queue gives up without asking us, such as a job whose workers were lost too often, is told as well.
    this.#stopFollowing = followWorker(worker, this.emitter, {
      userId: (job) => job.data.userId,
      jobId: (job) => job.data.jobId,
      onError: (error) => logger.warn({ err: error, jobId: error.jobId }, error.message),
    });
    worker.on('completed', (job) => logger.info({ jobId: job.data.jobId }, 'The notes are made'));
    worker.on('failed', (job, error) => {
      if (job !== undefined) void this.#afterFailure(job, error);
    });
    await worker.waitUntilReady();
  }

  /** Waits for the jobs under way; what is still queued is for other workers, or for later. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#worker?.close();
    await this.#stopFollowing?.();
  }

  process(job: NotesJob): Promise<NotesResult> {
    const { uploads, notes } = this;
    const { userId, jobId } = job.data;
    return runBullJob(this.emitter, job, { userId, jobId }, (run) =>
      makePdfNotes(run, job.data, { uploads, notes, model: this.settings.model }),
    );
  }

  /** Nobody needs the file of a job that has ended. */
  async #afterFailure({ finishedOn, data: { jobId } }: NotesJob, error: Error): Promise<void> {
    if (finishedOn === undefined) {
      this.logger.warn({ jobId, err: error }, 'A try failed; another one follows');
      return;
    }
    this.logger.warn({ jobId, err: error }, 'The job has failed');
    try {
      await this.uploads.remove(jobId);
    } catch (cause) {
      this.logger.warn({ jobId, err: cause }, 'The file of a failed job could not be removed');
    }
  }
}
