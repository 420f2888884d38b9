import type { Timing } from '../timing.js';
import { AddedIds } from './added-ids.js';
import type { BridgedJob, BridgedQueue, Reporter, ShownAs } from './bridged-queue.js';
import { FollowedJobReporter, type ReadJob } from './followed-job-reporter.js';
import { FollowedJobs, isAddedSince, isEventOf, isSure, type FollowedJob } from './followed-jobs.js';
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

/** A job as it was read, and the last `added` of its id that had been heard before that. */
interface Found<Job> extends ReadJob<Job> {
  readonly added: number | undefined;
}

/** A job that is gone is remembered for so long, in ms, for the event of its end. Its record is compared meanwhile. */
const MISSING_KEPT_MS = 60_000;
/** What a queue tells is heard within this time, in ms, unless its connection is gone. */
export const HEARD_WITHIN_MS = 1_000;

/**
 * Says of a queue's jobs what they are now. What is heard is a reason to look, and carries what the queue may no longer
 * know (the result of a job that is removed when it is done); a job that is looked at twice is reported twice, which
 * changes nothing.
 *
 * An event names a job by its id alone, and the queue may have removed the job and been given another one under this id.
 * So an event is of a followed job only if no `added` of its id came between (`AddedIds`): what is of neither for sure is
 * reported of none. `added` in a method is the last one of the id as the event came (`lastAdded`).
 */
export class QueueFollower<Job extends BridgedJob> {
  readonly #options: QueueFollowerOptions<Job>;
  readonly #added = new AddedIds();
  readonly #followed: FollowedJobs<Job>;
  readonly #reporter: FollowedJobReporter<Job>;

  constructor(options: QueueFollowerOptions<Job>) {
    this.#options = options;
    this.#followed = new FollowedJobs(options.showAs, options.timing);
    this.#reporter = new FollowedJobReporter({ ...options, added: this.#added, followed: this.#followed });
  }

  /** The jobs that have not ended as far as is known, those not looked at for the longest first. */
  unfinished(): string[] {
    return this.#followed.ids();
  }

  isFollowed(id: string): boolean {
    return this.#followed.get(id) !== undefined;
  }

  /** To be called as an `added` event comes, before anything else that comes later. */
  noteAdded(id: string): void {
    this.#added.hear(id);
    const followed = this.#followed.get(id);
    if (followed !== undefined && !this.#isFoundLongAgo(followed)) followed.isDoubtful = true;
  }

  /** The last `added` of an id that was noted. */
  lastAdded(id: string): number | undefined {
    return this.#added.of(id);
  }

  /** Asks the queue what a job is now, and reports it. Of one that is gone, an event tells. `delayedUntil`: ms since 1970, as an event says. */
  async look(id: string, delayedUntil?: number): Promise<void> {
    const found = await this.#read(id);
    if (found !== undefined) await this.#report(id, found, delayedUntil);
  }

  /** Looks at a job that is in none of the queue's lists. One that is gone may have an event of its end on its way. */
  async lookFor(id: string): Promise<void> {
    const found = await this.#read(id);
    if (found !== undefined) return this.#report(id, found);
    const followed = this.#followed.get(id);
    if (followed === undefined) return;
    const now = this.#options.timing.monotonic();
    followed.missingSince ??= now;
    if (now - followed.missingSince >= MISSING_KEPT_MS) this.#followed.delete(id);
  }

  /** Reports a job from the list of those that have ended. Another one may have its id by now. */
  async reportEnded(id: string, job: Job, state: 'completed' | 'failed'): Promise<void> {
    const known = this.#followed.get(id);
    const isAnother = known !== undefined && known.createdAt !== job.timestamp;
    const followed = isAnother ? this.#followed.found(job, undefined) : this.#followed.update(id, job, known?.added);
    if (followed !== undefined) await this.#reporter.report(id, followed, { job, state });
  }

  async heardAdded(id: string, added: number | undefined): Promise<void> {
    const found = await this.#read(id);
    if (found !== undefined) return this.#report(id, found);
    // One that was found before, and is gone, may be a former one.
    const known = this.#followed.get(id);
    if (added !== undefined && (known?.added ?? 0) < added) this.#followed.delete(id);
  }

  async heardProgress(id: string, value: unknown, added?: number): Promise<void> {
    const followed = this.#followedOf(id, added);
    const isSure = followed !== undefined && this.#isFoundLongAgo(followed);
    if (isSure) await this.#reporter.progress(followed, value);
    else await this.look(id);
  }

  heardCompleted(id: string, returnvalue: unknown, added?: number): Promise<void> {
    return this.#heardEnd(id, added, (followed) => this.#reporter.completed(id, followed, returnvalue));
  }

  heardFailed(id: string, failedReason: string | undefined, added?: number): Promise<void> {
    return this.#heardEnd(id, added, (followed) => this.#reporter.failed(id, followed, failedReason));
  }

  /** The queue has counted the stall already: it was the try before. */
  async heardStalled(id: string): Promise<void> {
    const found = await this.#read(id);
    const followed = found && this.#follow(id, found);
    // A job that was given the id since has not stalled.
    if (followed !== undefined && found?.job.stalledCounter !== 0) await this.#reporter.stalled(followed);
  }

  async heardRemoved(id: string, previousState: string | undefined, added?: number): Promise<void> {
    const known = this.#followedOf(id, added);
    if (known === undefined) return;
    const hasEnded = previousState === 'completed' || previousState === 'failed';
    const found = hasEnded ? undefined : await this.#read(id);
    // It was another one of this id.
    if (found?.job.timestamp === known.createdAt) return this.#report(id, found);
    if (!isSure(known, this.#added, id, found !== undefined)) return;
    this.#followed.forget(id, known);
    if (!hasEnded) await this.#options.reporter.emitCancelled(known.shown);
  }

  async #read(id: string): Promise<Found<Job> | undefined> {
    const added = this.#added.of(id);
    const found = await readQueueJob(this.#options.queue, id);
    return found && { ...found, added };
  }

  async #report(id: string, found: Found<Job>, delayedUntil?: number): Promise<void> {
    const followed = this.#follow(id, found);
    if (followed !== undefined) await this.#reporter.report(id, followed, found, delayedUntil);
  }

  #follow(id: string, { job, added }: Found<Job>): FollowedJob | undefined {
    const followed = this.#followed.update(id, job, added);
    if (followed !== undefined) followed.isDoubtful = isAddedSince(this.#added, id, followed);
    return followed;
  }

  #followedOf(id: string, added: number | undefined): FollowedJob | undefined {
    const followed = this.#followed.get(id);
    return followed !== undefined && isEventOf(followed, added) ? followed : undefined;
  }

  /** Long enough ago that a job which was added before has been heard of since. */
  #isFoundLongAgo({ foundAt }: FollowedJob): boolean {
    return this.#options.timing.monotonic() - foundAt >= HEARD_WITHIN_MS;
  }

  #heardEnd(id: string, added: number | undefined, tell: (followed: FollowedJob) => Promise<void>): Promise<void> {
    const known = this.#followedOf(id, added);
    return this.#options.unstoredEnds.report({ id, createdAt: known?.createdAt }, () => this.#tellEnd(id, known, tell));
  }

  /**
   * What the queue has under the id says more than the event, which may be late: of an earlier try, or of an earlier job.
   * The event counts for a job that the queue no longer has.
   */
  async #tellEnd(id: string, known: FollowedJob | undefined, tell: (followed: FollowedJob) => Promise<void>): Promise<void> {
    const found = await this.#read(id);
    if (found !== undefined && (known === undefined || found.job.timestamp === known.createdAt)) return this.#report(id, found);
    if (known !== undefined && isSure(known, this.#added, id, found !== undefined)) await tell(known);
  }
}
