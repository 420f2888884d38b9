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

export interface QueueScanOptions<Job extends BridgedJob> {
  readonly queue: BridgedQueue<Job>;
  readonly follower: QueueFollower<Job>;
  readonly inTurn: (id: string, task: () => Promise<void>) => Promise<void>;
  readonly timing: Timing;
  /** How long ago jobs may have ended that are reported in the first pass, in milliseconds. */
  readonly lookBackMs: number;
}

/** Reads the lists of a queue, for the jobs of which no event told: those have no record yet that could be compared. */
export class QueueScan<Job extends BridgedJob> {
  readonly #options: QueueScanOptions<Job>;
  /** Ends before this time have been reported. */
  #reportedUntil: number;
  /** When the jobs ended that lately were found to have ended. */
  readonly #reported = new Map<string, number | undefined>();

  readonly #began: { readonly wall: number; readonly monotonic: number };

  constructor(options: QueueScanOptions<Job>) {
    const { timing, lookBackMs } = options;
    this.#options = options;
    this.#began = { wall: timing.now(), monotonic: timing.monotonic() };
    this.#reportedUntil = this.#began.wall - lookBackMs;
  }

  async scan(): Promise<void> {
    const { queue, follower, inTurn } = this.#options;
    const startedAt = this.#now();
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
    await Promise.all(others.map((id) => inTurn(id, () => follower.lookFor(id))));
    this.#reportedUntil = startedAt;
    for (const [id, finishedOn = 0] of this.#reported) if (finishedOn < startedAt - CLOCK_SKEW) this.#reported.delete(id);
  }

  /** Compared with the times of the queue. A wall clock that has stepped, in whichever direction, makes it read more, never less. */
  #now(): number {
    const { timing } = this.#options;
    return Math.min(timing.now(), this.#began.wall + timing.monotonic() - this.#began.monotonic);
  }

  #report(job: Job, state: 'completed' | 'failed', seen: Set<string>): Promise<void> {
    const { id } = job;
    if (id === undefined) return Promise.resolve();
    seen.add(id);
    if (this.#reported.has(id) && this.#reported.get(id) === job.finishedOn) return Promise.resolve();
    return this.#options.inTurn(id, async () => {
      await this.#options.follower.reportEnded(id, job, state);
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
