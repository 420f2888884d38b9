import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';

import type { AddedIds } from './added-ids.js';
import type { BridgedJob, BridgedQueue, Ended, Reporter, ShownAs } from './bridged-queue.js';
import { delayOf, type Delay } from './delay-of.js';
import { isAddedSince, type FollowedJob, type FollowedJobs } from './followed-jobs.js';
import type { ProgressReport } from './progress-report.js';
import { cancelledReason, failureFromReason, STALLED, type Failure } from './queue-errors.js';

export interface FollowedJobReporterOptions<Job extends BridgedJob> {
  readonly queue: BridgedQueue<Job>;
  readonly reporter: Reporter;
  readonly readProgress: (value: unknown) => ProgressReport | undefined;
  /** The stage of a job that says none. */
  readonly stage: string;
  readonly added: AddedIds;
  /** A job that has ended is forgotten here. */
  readonly followed: Pick<FollowedJobs<Job>, 'forget'>;
}

/** A job and its state in the queue. */
export interface ReadJob<Job> {
  readonly job: Job;
  readonly state: string;
}

/** Reports what is known of one job of the queue. What is reported twice changes nothing. */
export class FollowedJobReporter<Job extends BridgedJob> {
  readonly #options: FollowedJobReporterOptions<Job>;

  constructor(options: FollowedJobReporterOptions<Job>) {
    this.#options = options;
  }

  /** Reports a job as the queue has it. `delayedUntil`: ms since 1970, as an event says. */
  async report(id: string, followed: FollowedJob, { job, state }: ReadJob<Job>, delayedUntil?: number): Promise<void> {
    switch (state) {
      case 'completed':
        return this.completed(id, followed, job.returnvalue, job);
      case 'failed':
        return this.failed(id, followed, job.failedReason, job);
      case 'active':
        return this.#active(id, followed, job);
      case 'delayed':
        followed.delayedUntil = delayedUntil ?? followed.delayedUntil;
        return this.#waiting(followed, job, delayOf(job, followed.delayedUntil));
      case 'waiting':
      case 'prioritized':
      case 'waiting-children':
        followed.delayedUntil = undefined;
        return this.#waiting(followed, job, {});
      default:
        return undefined;
    }
  }

  async #waiting(followed: FollowedJob, job: Job, delay: Delay): Promise<void> {
    if (followed.attempt === 1 && !followed.hasBegun) await this.#options.reporter.emitQueued({ ...followed.shown, ...delay });
    // One that somebody retried by hand has no reason left.
    const hasFailed = job.attemptsMade > 0 && job.failedReason !== undefined && job.failedReason !== null;
    // The event that tells until when it waits may come after the job was found waiting.
    const isToldLater = followed.released !== undefined && delay.delayedUntil !== undefined && delay.delayedUntil !== followed.released.delayedUntil;
    // One that has begun in this attempt was let go in the middle of it.
    if (followed.hasBegun || isToldLater) await this.#released(followed, delay);
    else if (hasFailed) await this.#retrying(followed, followed.attempt - 1, failureFromReason(job.failedReason), delay);
  }

  async #active(id: string, followed: FollowedJob, job: Job): Promise<void> {
    followed.delayedUntil = undefined;
    if (!followed.hasBegun) {
      const standing = await this.#begin(followed);
      const [attempt] = standing.version;
      if (isFinal(standing.status) && attempt >= followed.attempt && (await this.#isStillActive(id))) {
        // It had ended before we asked the queue, and the queue does it again: its counters have been set back.
        followed.attemptsBefore += attempt + 1 - followed.attempt;
        followed.attempt = attempt + 1;
        await this.#begin(followed);
      }
    }
    if (JSON.stringify(job.progress) !== followed.progress) await this.progress(followed, job.progress);
  }

  async #released(followed: FollowedJob, delay: Delay): Promise<void> {
    const { shown, attempt } = followed;
    await this.#options.reporter.emitQueued({ ...shown, attempt, requeue: true, ...delay });
    Object.assign(followed, { hasBegun: false, released: delay });
  }

  async #begin(followed: FollowedJob): Promise<AnyJobSnapshot> {
    const { shown, attempt } = followed;
    const standing = await this.#options.reporter.emitProgress({ ...shown, attempt, stage: this.#options.stage, progress: 0 });
    Object.assign(followed, { hasBegun: true, released: undefined });
    return standing;
  }

  async #isStillActive(id: string): Promise<boolean> {
    return (await this.#options.queue.getJobState(id)) === 'active';
  }

  /** The try before was lost with its worker: the queue has counted that already. */
  stalled(followed: FollowedJob): Promise<void> {
    return this.#retrying(followed, followed.attempt - 1, { error: STALLED });
  }

  async progress(followed: FollowedJob, value: unknown): Promise<void> {
    followed.progress = JSON.stringify(value);
    const report = this.#options.readProgress(value);
    if (report === undefined) return;
    followed.hasBegun = true;
    const { shown, attempt } = followed;
    await this.#options.reporter.emitProgress({ stage: this.#options.stage, ...report, ...shown, attempt });
  }

  completed(id: string, followed: FollowedJob, returnvalue: unknown, job?: Job): Promise<void> {
    const { reporter } = this.#options;
    const result = returnvalue ?? null;
    return this.#end(id, followed, job, (shown, ended) => reporter.emitCompleted({ ...shown, result, unfitResult: 'leave-out', ...ended }));
  }

  failed(id: string, followed: FollowedJob, failedReason: string | undefined, job?: Job): Promise<void> {
    const { reporter } = this.#options;
    if (failedReason === cancelledReason(followed.shown.jobId))
      return this.#end(id, followed, job, (shown, ended) => reporter.emitCancelled({ ...shown, ...ended }));
    const failure = failureFromReason(failedReason);
    return this.#end(id, followed, job, (shown, ended) => reporter.emitFailed({ ...shown, ...ended, ...failure }));
  }

  async #end(id: string, followed: FollowedJob, job: Job | undefined, emit: (shown: ShownAs, ended: Ended) => Promise<AnyJobSnapshot>): Promise<void> {
    const { shown, attempt } = followed;
    const when = job?.finishedOn ? { timestamp: new Date(job.finishedOn).toISOString() } : {};
    let standing = await emit(shown, { ...when, attempt });
    // It is this end where it has its time, whatever the worker's clock did meanwhile.
    const isEndBefore = isFinal(standing.status) && standing.timestamp !== when.timestamp && (job?.processedOn ?? 0) > Date.parse(standing.timestamp);
    // A try that began after that end is another one, though the queue has set its counters back.
    if (isEndBefore) await emit(shown, { ...when, attempt: standing.version[0] + 1 });
    // Somebody else has counted more tries than the queue: the end is that of the last one.
    else if (!isFinal(standing.status)) standing = await emit(shown, when);
    // Its id was added once more, and whoever did so was answered with a later time, although the queue has one job only.
    if (!isFinal(standing.status) && !(await this.#hasLaterJob(id, followed))) await emit(withoutQueueJob(shown), when);
    this.#options.followed.forget(id, followed);
  }

  async #hasLaterJob(id: string, followed: FollowedJob): Promise<boolean> {
    const job = await this.#options.queue.getJob(id);
    return job === undefined || job === null ? isAddedSince(this.#options.added, id, followed) : job.timestamp > followed.createdAt;
  }

  async #retrying({ shown }: FollowedJob, attempt: number, failure: Failure, delay: Delay = {}): Promise<void> {
    await this.#options.reporter.emitFailed({ ...shown, attempt: Math.max(1, attempt), ...failure, willRetry: true, ...delay });
  }
}

const withoutQueueJob = ({ jobId, userId, type }: ShownAs): ShownAs => ({ jobId, userId, ...(type !== undefined && { type }) });
