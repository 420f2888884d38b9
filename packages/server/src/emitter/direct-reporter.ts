import { QUEUED_VERSION, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { isoTime } from '../iso-time.js';
import { Remembered } from '../remembered.js';
import { foreignJob, JobEventsServerError } from '../server-errors.js';
import { within } from '../timing.js';
import { progressState, queuedState } from './compose-state.js';
import { DirectJob } from './direct-job.js';
import { newJobOf } from './new-job.js';
import type { EndReport, ProgressReport, QueuedReport } from './payload-schemas.js';
import type { DirectDependencies, ReporterDependencies } from './reporter-dependencies.js';

/** Of so many jobs is remembered under which epoch this process speaks; of the others the store is asked again. */
const MAX_JOBS = 10_000;
const MOST_HELD = 1_000;
/** How long progress waits for the store's first answer about a job before its caller goes on. */
const PATIENCE_MS = 1_000;
/** How long an end waits for a store that is away. */
export const END_PATIENCE_MS = 30_000;

/** Reports on jobs that no run of this emitter holds (specification, section 1, rules 2 and 3). */
export class DirectReporter {
  readonly #deps: DirectDependencies;
  /** Jobs of which dropped progress has been reported: whoever reports it goes on, many times a second. */
  readonly #held = new Remembered<true>(MOST_HELD);
  /** In the order in which they were first spoken of: those that ended are gone, so the first have gone on for longest. */
  readonly #jobs = new Map<string, DirectJob>();

  constructor(deps: ReporterDependencies) {
    this.#deps = { ...deps, onHeld: (jobId) => this.#reportHeld(jobId) };
  }

  /** Inserts a job that is not known yet, or puts one back that has ended; otherwise resolves to the current state. */
  async queued(said: QueuedReport): Promise<AnyJobSnapshot> {
    const { storeClient, path } = this.#deps;
    const { jobId, userId, attempt = 1 } = said;
    const context = { jobId, type: said.type, current: undefined, timestamp: isoTime(path.timing.now()) };
    const giveUpAt = path.timing.monotonic() + END_PATIENCE_MS;
    if (attempt > 1 || said.requeue) {
      const job = this.#job(jobId);
      const queueing = job.queue({ ...said, attempt }, giveUpAt).finally(() => this.#forgetIfIdle(jobId, job));
      return this.#unlessAway(queueing, queuedState(context, said, [attempt, 0, 0, 1]));
    }
    const wanted = queuedState(context, said, QUEUED_VERSION);
    const job = { ...newJobOf(said, wanted.createdAt), ...(wanted.delayedUntil !== undefined && { delayedUntil: wanted.delayedUntil }) };
    const inserting = storeClient.callWithRetry((store) => store.insert(job), { giveUpAt }).then((record) => {
      if (record === undefined) throw foreignJob(jobId);
      const isNew = record.snapshot.status === 'queued' && record.snapshot.createdAt === wanted.createdAt;
      if (isNew) path.announcer.announce(userId, record.snapshot);
      return record.snapshot;
    });
    return this.#unlessAway(inserting, wanted);
  }

  /** The current state; with a store that is away, the one that is to stand. */
  progress(report: ProgressReport): AnyJobSnapshot | Promise<AnyJobSnapshot> {
    const { path } = this.#deps;
    const { jobId, type } = report;
    const job = this.#job(jobId);
    const progressing = job.progress(report);
    if (!(progressing instanceof Promise)) return progressing;
    const context = { jobId, type, current: undefined, timestamp: isoTime(path.timing.now()) };
    const wanted = progressState(context, report, [report.attempt ?? 1, 0, 0, 1]);
    return this.#unlessAway(progressing.finally(() => this.#forgetIfIdle(jobId, job)), wanted);
  }

  /** @throws JobEventsServerError `STORE_UNAVAILABLE` after 30 s, `FOREIGN_JOB` */
  end(report: EndReport): Promise<AnyJobSnapshot> {
    const job = this.#job(report.jobId);
    const giveUpAt = this.#deps.path.timing.monotonic() + END_PATIENCE_MS;
    return job.end(report, giveUpAt).finally(() => this.#forgetIfIdle(report.jobId, job));
  }

  /** Sends what waits; resolves when the store has answered. */
  async flush(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.flush()));
  }

  #reportHeld(jobId: string): void {
    if (this.#held.has(jobId)) return;
    this.#held.set(jobId, true);
    const message = `Progress of job ${jobId} from outside its run is dropped: report with the handle that run gives to its function. Reported once for each job.`;
    this.#deps.onError(new JobEventsServerError('HELD_BY_RUN', message, { jobId }));
  }

  #job(jobId: string): DirectJob {
    const known = this.#jobs.get(jobId);
    if (known !== undefined) return known;
    const job = new DirectJob(jobId, this.#deps);
    this.#jobs.set(jobId, job);
    if (this.#jobs.size > MAX_JOBS) this.#forgetFirst();
    return job;
  }

  #forgetIfIdle(jobId: string, job: DirectJob): void {
    if (job.isIdle && this.#jobs.get(jobId) === job) this.#jobs.delete(jobId);
  }

  #forgetFirst(): void {
    const [[jobId, job]] = this.#jobs as unknown as [[string, DirectJob]];
    this.#jobs.delete(jobId);
    void job.flush();
  }

  /** A caller is not kept waiting by a store that is away, and not told of it: that went to `onError`. */
  #unlessAway(answer: Promise<AnyJobSnapshot>, wanted: AnyJobSnapshot): Promise<AnyJobSnapshot> {
    const settled = answer.catch((error: unknown) => {
      if (error instanceof JobEventsServerError && error.code === 'STORE_UNAVAILABLE') return wanted;
      throw error;
    });
    return within(settled, PATIENCE_MS, this.#deps.path.timing, () => {
      settled.catch(this.#deps.onError);
      return wanted;
    });
  }
}
