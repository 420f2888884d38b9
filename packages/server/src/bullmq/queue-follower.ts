import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';

import type { Timing } from '../timing.js';
import type { BridgedJob, BridgedQueue, Ended, Reporter, ShownAs } from './bridged-queue.js';
import { delayOf, type Delay } from './delay-of.js';
import { FollowedJobs, type FollowedJob } from './followed-jobs.js';
import { cancelledReason, failureFromReason, STALLED, type Failure } from './queue-errors.js';
import type { ProgressReport } from './progress-report.js';
import { readQueueJob } from './read-queue-job.js';
import type { UnstoredEnds } from './unstored-ends.js';

export interface QueueFollowerOptions<Job extends BridgedJob> {
  readonly queue: BridgedQueue<Job>;
  readonly reporter: Reporter;
  readonly showAs: (job: Job) => ShownAs | undefined;
  readonly readProgress: (value: unknown) => ProgressReport | undefined;
  /** The stage of a job that says none. */
  readonly stage: string;
  readonly timing: Timing;
  readonly unstoredEnds: UnstoredEnds;
}

/** A job that is gone is remembered for so long, in ms, for the event of its end. Its record is compared meanwhile. */
const MISSING_KEPT_MS = 60_000;

/**
 * Says of a queue's jobs what they are now. What is heard is a reason to look, and carries what the queue may no longer
 * know (the result of a job that is removed when it is done); a job that is looked at twice is reported twice, which
 * changes nothing.
 */
export class QueueFollower<Job extends BridgedJob> {
  readonly #options: QueueFollowerOptions<Job>;
  readonly #followed: FollowedJobs<Job>;

  constructor(options: QueueFollowerOptions<Job>) {
    this.#options = options;
    this.#followed = new FollowedJobs(options.showAs);
  }

  /** The jobs that have not ended as far as is known, those not looked at for the longest first. */
  unfinished(): string[] {
    return this.#followed.ids();
  }

  isFollowed(id: string): boolean {
    return this.#followed.get(id) !== undefined;
  }

  /** Asks the queue what a job is now, and reports it. Of one that is gone, an event tells. `delayedUntil`: ms since 1970, as an event says. */
  async look(id: string, delayedUntil?: number): Promise<void> {
    const found = await readQueueJob(this.#options.queue, id);
    if (found !== undefined) await this.report(id, found.job, found.state, delayedUntil);
  }

  /** Looks at a job that is in none of the queue's lists. One that is gone may have an event of its end on its way. */
  async lookFor(id: string): Promise<void> {
    const found = await readQueueJob(this.#options.queue, id);
    if (found !== undefined) return this.report(id, found.job, found.state);
    const followed = this.#followed.get(id);
    if (followed === undefined) return;
    const now = this.#options.timing.monotonic();
    followed.missingSince ??= now;
    if (now - followed.missingSince >= MISSING_KEPT_MS) this.#followed.delete(id);
  }

  async report(id: string, job: Job, state: string, delayedUntil?: number): Promise<void> {
    const followed = this.#followed.update(id, job);
    if (followed === undefined) return;
    switch (state) {
      case 'completed':
        return this.#completed(id, followed, job.returnvalue, job);
      case 'failed':
        return this.#failed(id, followed, job.failedReason, job);
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

  async heardProgress(id: string, value: unknown): Promise<void> {
    const followed = this.#followed.get(id) ?? (await this.#find(id))?.followed;
    if (followed !== undefined) await this.#progress(followed, value);
  }

  heardCompleted(id: string, returnvalue: unknown): Promise<void> {
    return this.#heardEnd(id, (followed, job) => this.#completed(id, followed, returnvalue, job));
  }

  heardFailed(id: string, failedReason: string | undefined): Promise<void> {
    return this.#heardEnd(id, (followed, job) => this.#failed(id, followed, failedReason, job));
  }

  /** The queue has counted the stall already: it was the try before. */
  async heardStalled(id: string): Promise<void> {
    const found = await this.#find(id);
    if (found !== undefined) await this.#retrying(found.followed, found.followed.attempt - 1, { error: STALLED });
  }

  async heardRemoved(id: string, previousState: string | undefined): Promise<void> {
    const followed = this.#followed.get(id);
    this.#followed.delete(id);
    if (followed === undefined || previousState === 'completed' || previousState === 'failed') return;
    await this.#options.reporter.emitCancelled(followed.shown);
  }

  #heardEnd(id: string, tell: (followed: FollowedJob, job: Job | undefined) => Promise<void>): Promise<void> {
    const known = this.#followed.get(id);
    return this.#options.unstoredEnds.report(id, () => this.#tellEnd(id, known, tell));
  }

  /** An event may be late: a job that has ended since, perhaps otherwise, is what the queue says it is. */
  async #tellEnd(id: string, known: FollowedJob | undefined, tell: (followed: FollowedJob, job: Job | undefined) => Promise<void>): Promise<void> {
    const found = await readQueueJob(this.#options.queue, id);
    if (found?.job.finishedOn) return this.report(id, found.job, found.state);
    // The queue has been given another job under this id since: that one has not ended.
    if (found !== undefined && known !== undefined && found.job.timestamp !== known.createdAt) return tell(known, undefined);
    const followed = found === undefined ? (this.#followed.get(id) ?? known) : this.#followed.update(id, found.job);
    if (followed !== undefined) await tell(followed, found?.job);
  }

  /** What is known of a job, brought up to date where the queue still has it. */
  async #find(id: string): Promise<{ readonly followed: FollowedJob; readonly job: Job | undefined } | undefined> {
    const job = await this.#options.queue.getJob(id);
    const followed = job === undefined ? this.#followed.get(id) : this.#followed.update(id, job);
    return followed && { followed, job };
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
    if (JSON.stringify(job.progress) !== followed.progress) await this.#progress(followed, job.progress);
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

  async #progress(followed: FollowedJob, value: unknown): Promise<void> {
    followed.progress = JSON.stringify(value);
    const report = this.#options.readProgress(value);
    if (report === undefined) return;
    followed.hasBegun = true;
    const { shown, attempt } = followed;
    await this.#options.reporter.emitProgress({ stage: this.#options.stage, ...report, ...shown, attempt });
  }

  #completed(id: string, followed: FollowedJob, returnvalue: unknown, job: Job | undefined): Promise<void> {
    const { reporter } = this.#options;
    const result = returnvalue ?? null;
    return this.#end(id, followed, job, (shown, ended) => reporter.emitCompleted({ ...shown, result, unfitResult: 'leave-out', ...ended }));
  }

  #failed(id: string, followed: FollowedJob, failedReason: string | undefined, job: Job | undefined): Promise<void> {
    const { reporter } = this.#options;
    if (failedReason === cancelledReason(followed.shown.jobId))
      return this.#end(id, followed, job, (shown, ended) => reporter.emitCancelled({ ...shown, ...ended }));
    const failure = failureFromReason(failedReason);
    return this.#end(id, followed, job, (shown, ended) => reporter.emitFailed({ ...shown, ...ended, ...failure }));
  }

  async #end(id: string, followed: FollowedJob, job: Job | undefined, emit: (shown: ShownAs, ended: Ended) => Promise<AnyJobSnapshot>): Promise<void> {
    const { shown, attempt } = followed;
    if (job !== undefined && !job.finishedOn) {
      // The queue has gone on since: it was the try before that ended.
      await emit(shown, { attempt: Math.max(1, attempt - 1) });
      return;
    }
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
    if (this.#followed.get(id) === followed) this.#followed.delete(id);
  }

  async #hasLaterJob(id: string, { createdAt }: FollowedJob): Promise<boolean> {
    const job = await this.#options.queue.getJob(id);
    return job !== undefined && job.timestamp > createdAt;
  }

  async #retrying({ shown }: FollowedJob, attempt: number, failure: Failure, delay: Delay = {}): Promise<void> {
    await this.#options.reporter.emitFailed({ ...shown, attempt: Math.max(1, attempt), ...failure, willRetry: true, ...delay });
  }
}

const withoutQueueJob = ({ jobId, userId, type }: ShownAs): ShownAs => ({ jobId, userId, ...(type !== undefined && { type }) });
