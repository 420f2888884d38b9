import { Remembered } from '../remembered.js';
import { attemptNumberOf } from './attempt-number.js';
import type { BridgedJob, ShownAs } from './bridged-queue.js';
import type { Delay } from './delay-of.js';

/** What is known of a job of a queue, and was reported of it. */
export interface FollowedJob {
  readonly shown: ShownAs;
  /** When the queue created it: with another time it is another job of this id. */
  readonly createdAt: number;
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

/** How many jobs are remembered; of those forgotten, the queue is asked again when something is heard. */
const MAX_FOLLOWED = 10_000;
/** How an attempt stands that nobody has begun. */
const NOT_BEGUN = { hasBegun: false, released: undefined, delayedUntil: undefined } as const;

/** The jobs of a queue that have not ended as far as is known. Bounded: those not looked at for the longest are forgotten. */
export class FollowedJobs<Job extends BridgedJob> {
  readonly #showAs: (job: Job) => ShownAs | undefined;
  readonly #jobs = new Remembered<FollowedJob>(MAX_FOLLOWED);

  constructor(showAs: (job: Job) => ShownAs | undefined) {
    this.#showAs = showAs;
  }

  /** Their ids, those not looked at for the longest first. */
  ids(): string[] {
    return [...this.#jobs.keys()];
  }

  get(id: string): FollowedJob | undefined {
    return this.#jobs.get(id);
  }

  delete(id: string): void {
    this.#jobs.delete(id);
  }

  /** Takes up a job as the queue has it now. `undefined`: it is not reported. */
  update(id: string, job: Job): FollowedJob | undefined {
    const remembered = this.#jobs.get(id);
    const known = remembered?.createdAt === job.timestamp ? remembered : undefined;
    const attempt = (known?.attemptsBefore ?? 0) + attemptNumberOf(job);
    if (known !== undefined) {
      if (attempt > known.attempt) Object.assign(known, { attempt, ...NOT_BEGUN, progress: JSON.stringify(job.progress) });
      this.#jobs.set(id, Object.assign(known, { missingSince: undefined }));
      return known;
    }
    this.#jobs.delete(id);
    const shown = this.#showAs(job);
    if (shown === undefined) return undefined;
    // In a later try the queue still has the percentage of the one before. In the first one 0 says nothing.
    const isFirst = job.attemptsMade === 0 && (job.stalledCounter ?? 0) === 0;
    const progress = isFirst ? '0' : JSON.stringify(job.progress);
    const followed: FollowedJob = { shown, createdAt: job.timestamp, attempt, attemptsBefore: 0, ...NOT_BEGUN, progress, missingSince: undefined };
    this.#jobs.set(id, followed);
    return followed;
  }
}
