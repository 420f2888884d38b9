import { JobEventEmitterService } from '@notes/job-events-server';
import { runBullJob } from '@notes/job-events-server/bullmq';
import { connectPostgres } from '@notes/job-events-server/postgres';
import type { Logger } from 'pino';
import type { WorkerSettings } from '../config/settings.js';
import { migrate } from '../database/migrate.js';
import { Notes } from '../database/notes.js';
import { openPool } from '../database/open-pool.js';
import { Uploads } from '../database/uploads.js';
import { pdfNotes } from '../pdf-notes-job.js';
import type { Service } from '../process/run-process.js';
import { openNotesWorker } from '../queue/open-notes-worker.js';
import { PdfNotesOptimizedWorker } from './pdf-notes-optimized-worker.js';

/** Starts a process that takes PDFs from the queue and tells of it; what it says reaches the API through PostgreSQL. */
export async function startWorker(settings: WorkerSettings, logger: Logger): Promise<Service> {
  const { databaseUrl, concurrency, model } = settings;
  const pool = openPool(databaseUrl, logger);
  await migrate(pool);
  const onError = (error: Error & { jobId?: string | undefined }): void =>
    logger.warn({ err: error, jobId: error.jobId }, error.message);
  const events = await connectPostgres({ url: databaseUrl, onError });
  const { broadcaster, store } = events;
  const emitter = new JobEventEmitterService({ broadcaster, store, jobs: pdfNotes, logger, onError });

  const uploads = new Uploads(pool);
  const optimized = new PdfNotesOptimizedWorker({ uploads, notes: new Notes(pool), model });
  const worker = openNotesWorker({ databaseUrl, concurrency, logger }, (job) =>
    runBullJob(emitter, job, { userId: job.data.userId, jobId: job.data.jobId }, (run) => optimized.process(run, job.data)),
  );

  worker.on('completed', (job) => logger.info({ jobId: job.data.jobId }, 'The notes are made'));
  worker.on('failed', (job, error) => {
    if (job === undefined) return;
    const { jobId } = job.data;
    logger.warn({ jobId, err: error }, job.finishedOn === undefined ? 'A try failed; another one follows' : 'The job failed');
    if (job.finishedOn !== undefined) void forget(jobId);
  });
  /** Nobody needs the file of a job that has ended. */
  const forget = (jobId: string): Promise<void> =>
    uploads.remove(jobId).catch((error: unknown) => logger.warn({ jobId, err: error }, 'The file of an ended job could not be removed'));

  await worker.waitUntilReady();
  logger.info({ concurrency }, 'The worker is ready');
  return {
    announce: {},
    stop: async () => {
      await worker.close();
      await emitter.close();
      await events.close();
      await pool.end();
      logger.info('The worker has stopped');
    },
  };
}
