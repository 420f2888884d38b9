import { Remembered } from '../remembered.js';
import type { Timing } from '../timing.js';
import type { AddedIds } from './added-ids.js';
import { attemptNumberOf } from './attempt-number.js';
import type { BridgedJob, ShownAs } from './bridged-queue.js';
import type { Delay } from './delay-of.js';

/** What is known of a job of a queue, and was reported of it. */
export interface FollowedJob {
  readonly shown: ShownAs;
  /** When the queue created it: with another time it is another job of this id. */
  readonly createdAt: number;
  /** When it was first found, in milliseconds on the monotonic clock. */
  readonly foundAt: number;
  /** The last `added` of its id that had been heard when the queue was asked for it last; see `AddedIds`. */
  added: number | undefined;
  /** Its id was added about when it was found, and it has not been found since: it may be the job before or the one after. */
  isDoubtful: boolean;
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

/** Whether the queue has told of another `added` of the id since it was asked for this job: there may be a later one. */
export function isAddedSince(ids: AddedIds, id: string, { added }: Pick<FollowedJob, 'added'>): boolean {
  const last = ids.of(id);
  return last !== undefined && last !== added;
}

/** Whether an event is of this job, as far as it was heard what was added. `added`: the last one of its id as the event came. */
export const isEventOf = (followed: Pick<FollowedJob, 'added'>, added: number | undefined): boolean => added === undefined || followed.added === added;

/**
 * Whether it is sure that an event of this job, which the queue no longer has, is not of another one: it may have been found
 * when the next one had been added already. Where only one was added since, and that one is found now, it is the one before.
 */
export const isSure = (followed: Pick<FollowedJob, 'added' | 'isDoubtful'>, ids: AddedIds, id: string, isNextFound: boolean): boolean =>
  !followed.isDoubtful || (isNextFound && ids.before(id) === followed.added);

/** How many jobs are remembered; of those forgotten, the queue is asked again when something is heard. */
const MAX_FOLLOWED = 10_000;
/** How an attempt stands that nobody has begun. */
const NOT_BEGUN = { hasBegun: false, released: undefined, delayedUntil: undefined } as const;

/** The jobs of a queue that have not ended as far as is known. Bounded: those not looked at for the longest are forgotten. */
export class FollowedJobs<Job extends BridgedJob> {
  readonly #showAs: (job: Job) => ShownAs | undefined;
  readonly #timing: Timing;
  readonly #jobs = new Remembered<FollowedJob>(MAX_FOLLOWED);

  constructor(showAs: (job: Job) => ShownAs | undefined, timing: Timing) {
    this.#showAs = showAs;
    this.#timing = timing;
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

  /** Forgets this job, not another one that has its id by now. */
  forget(id: string, followed: FollowedJob): void {
    if (this.#jobs.get(id) === followed) this.#jobs.delete(id);
  }

  /** Takes up a job as the queue has it now. `added`: the last one of its id before the queue was asked. `undefined`: it is not reported. */
  update(id: string, job: Job, added: number | undefined): FollowedJob | undefined {
    const remembered = this.#jobs.get(id);
    const known = remembered?.createdAt === job.timestamp ? remembered : undefined;
    if (known !== undefined) {
      const attempt = known.attemptsBefore + attemptNumberOf(job);
      if (attempt > known.attempt) Object.assign(known, { attempt, ...NOT_BEGUN, progress: JSON.stringify(job.progress) });
      this.#jobs.set(id, Object.assign(known, { added, isDoubtful: false, missingSince: undefined }));
      return known;
    }
    this.#jobs.delete(id);
    const followed = this.found(job, added);
    if (followed !== undefined) this.#jobs.set(id, followed);
    return followed;
  }

  /** A job as the queue has it, which is not remembered. */
  found(job: Job, added: number | undefined): FollowedJob | undefined {
    const shown = this.#showAs(job);
    if (shown === undefined) return undefined;
    // In a later try the queue still has the percentage of the one before. In the first one 0 says nothing.
    const isFirst = job.attemptsMade === 0 && (job.stalledCounter ?? 0) === 0;
    const progress = isFirst ? '0' : JSON.stringify(job.progress);
    const foundAt = this.#timing.monotonic();
    return { shown, createdAt: job.timestamp, foundAt, added, isDoubtful: false, attempt: attemptNumberOf(job), attemptsBefore: 0, ...NOT_BEGUN, progress, missingSince: undefined };
  }
}
