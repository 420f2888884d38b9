import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';

import type { Timing } from '../timing.js';
import { attemptNumberOf } from './attempt-number.js';
import type { BridgedJob, BridgedQueue, Ended, Reporter, ShownAs } from './bridged-queue.js';
import { delayOf, type Delay } from './delay-of.js';
import { failureFromReason, STALLED, type Failure } from './queue-errors.js';
import type { ProgressReport } from './progress-report.js';
import { readQueueJob } from './read-queue-job.js';
import type { UnstoredEnds } from './unstored-ends.js';

interface Followed {
  readonly shown: ShownAs;
  /** The attempt that was last reported, or is about to be. */
  attempt: number;
  /** Attempts before the queue set its counters back. */
  attemptsBefore: number;
  hasBegun: boolean;
  /** What was said of when it goes on, if it was let go in the middle of the attempt. */
  released: Delay | undefined;
  /** Until when it is delayed, in ms since 1970, as an event has told. The queue itself does not say it again. */
  delayedUntil: number | undefined;
  /** The last value of `job.progress` that was taken up, as JSON. */
  progress: string | undefined;
  /** Since when it is not in the queue, in milliseconds on the monotonic clock. */
  missingSince: number | undefined;
}

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

/** How many jobs are remembered; of those forgotten, the queue is asked again when something is heard. */
const MAX_FOLLOWED = 10_000;
/** A job that is gone is remembered for so long, in ms, for the event of its end. Its record is compared meanwhile. */
const MISSING_KEPT_MS = 60_000;
/** How an attempt stands that nobody has begun. */
const NOT_BEGUN = { hasBegun: false, released: undefined, delayedUntil: undefined } as const;

/**
 * Says of a queue's jobs what they are now. What is heard is a reason to look, and carries what the queue may no longer
 * know (the result of a job that is removed when it is done); a job that is looked at twice is reported twice, which
 * changes nothing.
 */
export class QueueFollower<Job extends BridgedJob> {
  readonly #options: QueueFollowerOptions<Job>;
  readonly #followed = new Map<string, Followed>();

  constructor(options: QueueFollowerOptions<Job>) {
    this.#options = options;
  }

  /** The jobs that have not ended as far as is known, those not looked at for the longest first. */
  unfinished(): string[] {
    return [...this.#followed.keys()];
  }

  isFollowed(id: string): boolean {
    return this.#followed.has(id);
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
    const followed = this.#follow(id, job);
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

  #heardEnd(id: string, tell: (followed: Followed, job: Job | undefined) => Promise<void>): Promise<void> {
    const known = this.#followed.get(id);
    return this.#options.unstoredEnds.report(id, () => this.#tellEnd(id, known, tell));
  }

  /** An event may be late: a job that has ended since, perhaps otherwise, is what the queue says it is. */
  async #tellEnd(id: string, known: Followed | undefined, tell: (followed: Followed, job: Job | undefined) => Promise<void>): Promise<void> {
    const found = await readQueueJob(this.#options.queue, id);
    if (found?.job.finishedOn) return this.report(id, found.job, found.state);
    const followed = found === undefined ? (this.#followed.get(id) ?? known) : this.#follow(id, found.job);
    if (followed !== undefined) await tell(followed, found?.job);
  }

  /** What is known of a job, brought up to date where the queue still has it. */
  async #find(id: string): Promise<{ readonly followed: Followed; readonly job: Job | undefined } | undefined> {
    const job = await this.#options.queue.getJob(id);
    const followed = job === undefined ? this.#followed.get(id) : this.#follow(id, job);
    return followed && { followed, job };
  }

  #follow(id: string, job: Job): Followed | undefined {
    const known = this.#followed.get(id);
    const attempt = (known?.attemptsBefore ?? 0) + attemptNumberOf(job);
    // Taken out and put back: the map is in the order of when a job was last looked at.
    this.#followed.delete(id);
    if (known !== undefined) {
      if (attempt > known.attempt) Object.assign(known, { attempt, ...NOT_BEGUN, progress: JSON.stringify(job.progress) });
      this.#followed.set(id, Object.assign(known, { missingSince: undefined }));
      return known;
    }
    const shown = this.#options.showAs(job);
    if (shown === undefined) return undefined;
    // In a later try the queue still has the percentage of the one before. In the first one 0 says nothing.
    const isFirst = job.attemptsMade === 0 && (job.stalledCounter ?? 0) === 0;
    const progress = isFirst ? '0' : JSON.stringify(job.progress);
    const followed: Followed = { shown, attempt, attemptsBefore: 0, ...NOT_BEGUN, progress, missingSince: undefined };
    this.#followed.set(id, followed);
    for (const oldest of this.#followed.keys()) {
      if (this.#followed.size <= MAX_FOLLOWED) break;
      this.#followed.delete(oldest);
    }
    return followed;
  }

  async #waiting(followed: Followed, job: Job, delay: Delay): Promise<void> {
    if (followed.attempt === 1 && !followed.hasBegun) await this.#options.reporter.emitQueued({ ...followed.shown, ...delay });
    // One that somebody retried by hand has no reason left.
    const hasFailed = job.attemptsMade > 0 && job.failedReason !== undefined && job.failedReason !== null;
    // The event that tells until when it waits may come after the job was found waiting.
    const isToldLater = followed.released !== undefined && delay.delayedUntil !== undefined && delay.delayedUntil !== followed.released.delayedUntil;
    // One that has begun in this attempt was let go in the middle of it.
    if (followed.hasBegun || isToldLater) await this.#released(followed, delay);
    else if (hasFailed) await this.#retrying(followed, followed.attempt - 1, failureFromReason(job.failedReason), delay);
  }

  async #active(id: string, followed: Followed, job: Job): Promise<void> {
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

  async #released(followed: Followed, delay: Delay): Promise<void> {
    const { shown, attempt } = followed;
    await this.#options.reporter.emitQueued({ ...shown, attempt, requeue: true, ...delay });
    Object.assign(followed, { hasBegun: false, released: delay });
  }

  async #begin(followed: Followed): Promise<AnyJobSnapshot> {
    const { shown, attempt } = followed;
    const standing = await this.#options.reporter.emitProgress({ ...shown, attempt, stage: this.#options.stage, progress: 0 });
    Object.assign(followed, { hasBegun: true, released: undefined });
    return standing;
  }

  async #isStillActive(id: string): Promise<boolean> {
    return (await this.#options.queue.getJobState(id)) === 'active';
  }

  async #progress(followed: Followed, value: unknown): Promise<void> {
    followed.progress = JSON.stringify(value);
    const report = this.#options.readProgress(value);
    if (report === undefined) return;
    followed.hasBegun = true;
    const { shown, attempt } = followed;
    await this.#options.reporter.emitProgress({ stage: this.#options.stage, ...report, ...shown, attempt });
  }

  #completed(id: string, followed: Followed, returnvalue: unknown, job: Job | undefined): Promise<void> {
    const result = returnvalue ?? null;
    const completed = { ...followed.shown, result, unfitResult: 'leave-out' } as const;
    return this.#end(id, followed, job, (ended) => this.#options.reporter.emitCompleted({ ...completed, ...ended }));
  }

  #failed(id: string, followed: Followed, failedReason: string | undefined, job: Job | undefined): Promise<void> {
    const failure = failureFromReason(failedReason);
    return this.#end(id, followed, job, (ended) => this.#options.reporter.emitFailed({ ...followed.shown, ...ended, ...failure }));
  }

  async #end(id: string, { attempt }: Followed, job: Job | undefined, emit: (ended: Ended) => Promise<AnyJobSnapshot>): Promise<void> {
    if (job !== undefined && !job.finishedOn) {
      // The queue has gone on since: it was the try before that ended.
      await emit({ attempt: Math.max(1, attempt - 1) });
      return;
    }
    const when = job?.finishedOn ? { timestamp: new Date(job.finishedOn).toISOString() } : {};
    const standing = await emit({ ...when, attempt });
    const isEndBefore = isFinal(standing.status) && (job?.processedOn ?? 0) > Date.parse(standing.timestamp);
    // A try that began after that end is another one, though the queue has set its counters back.
    if (isEndBefore) await emit({ ...when, attempt: standing.version[0] + 1 });
    // Somebody else has counted more tries than the queue: the end is that of the last one.
    else if (!isFinal(standing.status)) await emit(when);
    this.#followed.delete(id);
  }

  async #retrying({ shown }: Followed, attempt: number, failure: Failure, delay: Delay = {}): Promise<void> {
    await this.#options.reporter.emitFailed({ ...shown, attempt: Math.max(1, attempt), ...failure, willRetry: true, ...delay });
  }
}
