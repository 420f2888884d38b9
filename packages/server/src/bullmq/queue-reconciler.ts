import type { Timing } from '../timing.js';
import type { BridgedJob, BridgedQueue } from './bridged-queue.js';
import type { QueueFollower } from './queue-follower.js';

/** How many finished jobs are read at once. */
const PAGE = 100;
/** Active jobs beyond this are looked at when they end. */
const MAX_ACTIVE = 1_000;
/** Jobs that were in none of the lists, looked at one by one in each pass. */
const MAX_SINGLE = 100;
/** Clocks of workers may differ by this much, in milliseconds. */
const CLOCK_SKEW = 60_000;

export interface QueueReconcilerOptions<Job extends BridgedJob> {
  readonly queue: BridgedQueue<Job>;
  readonly follower: QueueFollower<Job>;
  readonly inTurn: (id: string, task: () => Promise<void>) => Promise<void>;
  readonly timing: Timing;
  /** How long ago jobs may have ended that are reported in the first pass, in milliseconds. */
  readonly lookBackMs: number;
}

/** Compares what was reported with what a queue says of its jobs, for what its events did not say. */
export class QueueReconciler<Job extends BridgedJob> {
  readonly #options: QueueReconcilerOptions<Job>;
  /** Ends before this time have been reported. */
  #reportedUntil: number;
  /** When the jobs ended that lately were found to have ended. */
  readonly #reported = new Map<string, number | undefined>();

  constructor(options: QueueReconcilerOptions<Job>) {
    this.#options = options;
    this.#reportedUntil = options.timing.now() - options.lookBackMs;
  }

  async reconcile(): Promise<void> {
    const { queue, follower, inTurn, timing } = this.#options;
    const startedAt = timing.now();
    const seen = new Set<string>();
    for (const state of ['completed', 'failed'] as const) {
      for await (const job of this.#finishedSince(this.#reportedUntil - CLOCK_SKEW, state)) await this.#report(job, state, seen);
    }
    for (const job of await queue.getJobs(['active'], 0, MAX_ACTIVE - 1, true)) {
      if (job?.id !== undefined) await this.#look(job.id, seen);
    }
    for (const job of await queue.getJobs(['waiting', 'prioritized', 'delayed', 'waiting-children'], 0, PAGE - 1, false)) {
      if (job?.id !== undefined && !follower.isFollowed(job.id)) await this.#look(job.id, seen);
    }
    const others = follower.unfinished().filter((id) => !seen.has(id)).slice(0, MAX_SINGLE);
    await Promise.all(others.map((id) => inTurn(id, () => follower.lookFor(id, startedAt))));
    this.#reportedUntil = startedAt;
    for (const [id, finishedOn = 0] of this.#reported) if (finishedOn < startedAt - CLOCK_SKEW) this.#reported.delete(id);
  }

  #report(job: Job, state: 'completed' | 'failed', seen: Set<string>): Promise<void> {
    const { id } = job;
    if (id === undefined) return Promise.resolve();
    seen.add(id);
    if (this.#reported.has(id) && this.#reported.get(id) === job.finishedOn) return Promise.resolve();
    return this.#options.inTurn(id, async () => {
      await this.#options.follower.report(id, job, state);
      this.#reported.set(id, job.finishedOn);
    });
  }

  #look(id: string, seen: Set<string>): Promise<void> {
    seen.add(id);
    return this.#options.inTurn(id, () => this.#options.follower.look(id));
  }

  /** Newest first; a queue removes jobs while it is read, which may skip one or repeat one: the next pass overlaps. */
  async *#finishedSince(time: number, state: 'completed' | 'failed'): AsyncGenerator<Job> {
    for (let start = 0; ; start += PAGE) {
      const page = await this.#options.queue.getJobs([state], start, start + PAGE - 1, false);
      // A job that went while the page was read is missing in it.
      const jobs = page.filter((job) => job !== undefined && job !== null);
      for (const job of jobs) if ((job.finishedOn ?? 0) >= time) yield job;
      const oldest = jobs.at(-1);
      if (oldest === undefined || page.length < PAGE || (oldest.finishedOn ?? 0) < time) return;
    }
  }
}
