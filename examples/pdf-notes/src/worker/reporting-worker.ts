import { type BeforeApplicationShutdown, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { WorkerHost } from '@nestjs/bullmq';
import { JobEventEmitterService } from '@notes/job-events-server';
import { followWorker } from '@notes/job-events-server/bullmq';
import { DelayedError, type WorkerOptions } from 'bullmq';
import type { Logger } from 'pino';
import { WORKER_SETTINGS, type WorkerSettings } from '../config/settings.js';
import { isDatabaseAway } from '../database/is-database-away.js';
import { Notes } from '../database/notes.js';
import { Uploads } from '../database/uploads.js';
import type { pdfNotes } from '../pdf-notes-job.js';
import { complainSeldom } from '../process/complain-seldom.js';
import { LOGGER } from '../process/create-logger.js';
import { jobIdOf } from '../queue/notes-queue.js';
import type { NotesJob, OpenWorker } from '../queue/queue-backend.js';
import { FinalProblem, problemOf } from './job-problem.js';
import type { NotesRun, Task } from './steps.js';

/** For every worker: it begins when the whole process is ready, and one that died is noticed within about 20 s. */
export const WORKER_OPTIONS: Omit<WorkerOptions, 'connection'> = {
  autorun: false,
  lockDuration: 15_000,
  stalledInterval: 5_000,
  maxStalledCount: 2,
};

/** A job whose database is away is looked at again so often. */
const DATABASE_ASKED_EVERY_MS = 5_000;

const STOPPED = { code: 'WORKER_STOPPED', message: 'The worker that had this PDF was told to stop. Another one takes it.', retryable: true } as const;

/** What the three workers have in common: how they begin, end, and tell what becomes of a job. */
export abstract class ReportingWorker extends WorkerHost implements OnApplicationBootstrap, BeforeApplicationShutdown {
  @Inject(WORKER_SETTINGS) protected readonly settings!: WorkerSettings;
  @Inject(LOGGER) protected readonly logger!: Logger;
  @Inject(JobEventEmitterService) protected readonly emitter!: JobEventEmitterService<typeof pdfNotes>;
  @Inject(Uploads) protected readonly uploads!: Uploads;
  @Inject(Notes) protected readonly notes!: Notes;
  readonly #stopping = new AbortController();
  #stopFollowing: (() => Promise<void>) | undefined;

  abstract override process(job: NotesJob, token: string): Promise<unknown>;

  async onApplicationBootstrap(): Promise<void> {
    const worker: OpenWorker = this.worker;
    const { settings, logger, uploads } = this;
    worker.concurrency = settings.concurrency;
    worker.on('error', complainSeldom(logger.child({ queue: worker.name }), 'The queue cannot be reached; trying again'));
    worker.on('completed', (job) => this.logOf(job).info('Done'));
    worker.on('failed', (job, error) => job && this.#logFailure(job, error));
    worker.on('stalled', (queueId) =>
      logger.warn({ jobId: jobIdOf(queueId), queue: worker.name }, 'A worker was lost in the middle of the job; another one takes it'),
    );
    // What the queue decides without asking us, such as to give up a job whose workers were lost too often, is told as well.
    this.#stopFollowing = followWorker(worker, this.emitter, {
      userId: async (job) => ((await uploads.isCurrent(job.data)) ? job.data.userId : undefined),
      jobId: (job) => job.data.jobId,
      // The API compares what is shown with the queues: it gives lost jobs to them again.
      reconcile: false,
      onError: (error) => logger.warn({ err: error, jobId: error.jobId }, error.message),
    });
    await worker.waitUntilReady();
    void worker.run().catch((error: unknown) => logger.error({ err: error, queue: worker.name }, 'The worker has stopped'));
  }

  /** Waits a while for the jobs under way, then gives them back; what is still queued is for other workers, or for later. */
  async beforeApplicationShutdown(): Promise<void> {
    const patience = setTimeout(() => this.#stopping.abort(), this.settings.graceMs);
    await this.worker.close();
    clearTimeout(patience);
    await this.#stopFollowing?.();
  }

  /**
   * Whose job a run claims.
   *
   * @throws FinalProblem where its user has had it tried again since; DelayedError where the database is away.
   */
  protected async claimOf(job: NotesJob, token: string) {
    const { userId, jobId } = job.data;
    const isCurrent = await this.uploads.isCurrent(job.data).catch(async (error: unknown) => {
      throw (await this.#putOff(error, job, token)) ?? problemOf(error);
    });
    if (!isCurrent) throw new FinalProblem('SUPERSEDED', 'This job is done by a later attempt.');
    this.logOf(job).info('Begun');
    return { userId, jobId };
  }

  /**
   * Works, and puts what goes wrong into the words of the user.
   *
   * @throws FinalProblem where trying again would not help, PassingProblem where it may; the reason of the run's signal
   * where it was aborted; DelayedError where this process is stopping or the database is away, and the job was given
   * back to the queue.
   */
  protected async attempt<Result>({ job, token, run }: { job: NotesJob; token: string; run: NotesRun }, work: (task: Task) => Promise<Result>): Promise<Result> {
    const signal = AbortSignal.any([run.signal, this.#stopping.signal]);
    try {
      return await work({ run, upload: job.data, signal });
    } catch (error) {
      if (run.signal.aborted) throw error;
      if (this.#stopping.signal.aborted) throw await this.#giveBack(job, token, run.attempt);
      throw (await this.#putOff(error, job, token)) ?? problemOf(error);
    }
  }

  protected logOf({ data: { jobId }, queueName, attemptsStarted }: NotesJob): Logger {
    return this.logger.child({ jobId, queue: queueName, try: attemptsStarted });
  }

  /**
   * Nothing is wrong with a job whose database is away, however long that takes: it waits in the queue, at the cost of
   * none of its tries. Where the queue cannot be reached either, it is for the queue to notice. The user is told nothing,
   * because that takes the database as well.
   */
  async #putOff(error: unknown, job: NotesJob, token: string): Promise<DelayedError | undefined> {
    if (!isDatabaseAway(error)) return undefined;
    try {
      await job.moveToDelayed(Date.now() + DATABASE_ASKED_EVERY_MS, token);
    } catch {
      return undefined;
    }
    this.logOf(job).warn({ err: error }, 'Put off, because the database cannot be reached');
    return new DelayedError();
  }

  /** It costs the job none of its tries. */
  async #giveBack(job: NotesJob, token: string, attempt: number): Promise<DelayedError> {
    const { jobId, userId } = job.data;
    this.logOf(job).info('Given back, because this process is told to stop');
    await this.emitter.emitFailed({ jobId, userId, attempt, error: STOPPED, willRetry: true });
    await job.moveToDelayed(Date.now(), token);
    return new DelayedError();
  }

  #logFailure(job: NotesJob, error: Error): void {
    const log = this.logOf(job);
    if (job.finishedOn === undefined) log.warn({ err: error }, 'A try failed; another one follows');
    else log.warn({ err: error }, 'Failed');
  }
}
