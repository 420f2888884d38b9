import { randomUUID } from 'node:crypto';
import { isFinal } from '@notes/job-events-protocol';
import type { Timing } from '../timing.js';
import type { Decision, JobState } from './job-state.js';
import type { FailedJobs, KeptState, SharedStates, StateChange } from './shared-states.js';
import { StoreClock } from './store-clock.js';

type Decide<Result> = (state: JobState, now: number) => Decision<Result>;

interface Request {
  readonly decide: Decide<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** On the monotonic clock. */
  readonly giveUpAt: number;
  /** How often somebody else was faster, or kept the row locked. */
  rounds: number;
}

/** The requests of each job, in the order in which they came. */
type Requests = Map<string, Request[]>;

const MOST_AT_ONCE = 500;
/** How many jobs' last states are remembered. A memory that is wrong costs a round trip, nothing else. */
const REMEMBERED = 10_000;
/** Others may be faster; each time somebody gets ahead. From the fourth time on a job waits a moment before it is tried again. */
const EAGER_ROUNDS = 3;
const LONGEST_PAUSE_MS = 50;
/** How long a job is tried again that others change faster, or keep locked. */
const PATIENCE_MS = 3_000;

/**
 * Changes states in a database that other processes change too: decides here, by the pure functions, and replaces the
 * state there only if it is still the one that was decided on; otherwise decides again on the new one.
 *
 * One round trip is under way at a time; what is asked for meanwhile goes along with the next. So a burst is one
 * statement, and the calls of one process neither race nor overtake each other. A job that has to be tried again holds up
 * no other.
 */
export class OptimisticChanges {
  readonly #states: SharedStates;
  readonly #timing: Timing;
  readonly #clock: StoreClock;
  readonly #remembered = new Map<string, KeptState>();
  /** What goes along with the next round trip. */
  readonly #waiting: Requests = new Map();
  /** What is tried again after a moment. */
  readonly #paused: Requests = new Map();
  #isWorking = false;

  constructor(states: SharedStates, timing: Timing) {
    this.#states = states;
    this.#timing = timing;
    this.#clock = new StoreClock(timing);
  }

  /** Rejects when the database fails, and when the job is still locked, or changed by others, after `patienceMs`. */
  change<Result>(jobId: string, decide: Decide<Result>, patienceMs = PATIENCE_MS): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const request: Request = { decide, resolve: resolve as (result: unknown) => void, reject, giveUpAt: this.#timing.monotonic() + patienceMs, rounds: 0 };
      const asked = this.#paused.get(jobId) ?? this.#waiting.get(jobId);
      if (asked === undefined) this.#waiting.set(jobId, [request]);
      else asked.push(request);
      this.#start();
    });
  }

  #start(): void {
    if (this.#isWorking || this.#waiting.size === 0) return;
    this.#isWorking = true;
    queueMicrotask(() => void this.#work());
  }

  async #work(): Promise<void> {
    while (this.#waiting.size > 0) await this.#settle(this.#takeBatch());
    this.#isWorking = false;
  }

  #takeBatch(): Requests {
    const batch: Requests = new Map();
    for (const [jobId, requests] of this.#waiting) {
      if (batch.size === MOST_AT_ONCE) break;
      batch.set(jobId, requests);
      this.#waiting.delete(jobId);
    }
    return batch;
  }

  async #settle(batch: Requests): Promise<void> {
    try {
      const open = await this.#attempt(batch);
      for (const [jobId, requests] of open) this.#tryAgain(jobId, requests);
    } catch (error) {
      for (const [jobId, requests] of batch) {
        this.#remembered.delete(jobId);
        for (const { reject } of requests) reject(error);
      }
    }
  }

  #tryAgain(jobId: string, requests: readonly Request[]): void {
    const now = this.#timing.monotonic();
    const isOver = ({ rounds, giveUpAt }: Request): boolean => rounds > EAGER_ROUNDS && now >= giveUpAt;
    for (const request of requests) {
      request.rounds++;
      if (isOver(request)) request.reject(new Error(`Others change job ${jobId} faster than this process can, or keep its row locked: tried ${request.rounds} times.`));
    }
    const open = requests.filter((request) => !isOver(request));
    if (open.length === 0) return;
    const all = [...open, ...(this.#waiting.get(jobId) ?? [])];
    this.#waiting.delete(jobId);
    if (open[0]!.rounds <= EAGER_ROUNDS) return void this.#waiting.set(jobId, all);
    this.#paused.set(jobId, all);
    this.#timing.setTimeout(() => this.#goOn(jobId), Math.random() * LONGEST_PAUSE_MS, true);
  }

  #goOn(jobId: string): void {
    this.#waiting.set(jobId, this.#paused.get(jobId)!);
    this.#paused.delete(jobId);
    this.#start();
  }

  /** Settles what can be, and returns the rest: what somebody else has changed since we last saw it. */
  async #attempt(requests: Requests): Promise<Requests> {
    const fresh = await this.#readUnknown(requests);
    const now = this.#clock.now() ?? (await this.#states.now());
    const changes: (StateChange & { readonly tell: () => void })[] = [];
    const open: Requests = new Map();
    for (const [jobId, asked] of requests) {
      const kept = this.#remembered.get(jobId);
      const { next, tell } = decideAll(kept?.state ?? {}, asked, now);
      if (next !== undefined) changes.push({ jobId, expected: kept?.revision, state: next, revision: randomUUID(), tell });
      else if (fresh.has(jobId)) {
        this.#remember(jobId, kept);
        tell();
      } else this.#leaveOpen(open, jobId, asked);
    }
    if (changes.length === 0) return open;
    const askedAt = this.#timing.monotonic();
    const { now: heard, replaced, failed } = await this.#states.replace(changes);
    this.#clock.hear(heard, askedAt);
    this.#fail(requests, failed);
    for (const { jobId, state, revision, tell } of changes) {
      if (failed?.has(jobId)) continue;
      if (!replaced.has(jobId)) {
        this.#leaveOpen(open, jobId, requests.get(jobId)!);
      } else {
        this.#remember(jobId, { state, revision });
        tell();
      }
    }
    return open;
  }

  /** Nobody knows how these stand: whoever asked is told so, and the others go on. */
  #fail(requests: Requests, failed: FailedJobs = new Map()): void {
    for (const [jobId, error] of failed) {
      this.#remembered.delete(jobId);
      for (const { reject } of requests.get(jobId) ?? []) reject(error);
      requests.delete(jobId);
    }
  }

  #leaveOpen(open: Requests, jobId: string, asked: Request[]): void {
    this.#remembered.delete(jobId);
    open.set(jobId, asked);
  }

  /** Reads what we do not remember; everything, when we have not heard the store's clock for long. */
  async #readUnknown(requests: Requests): Promise<ReadonlySet<string>> {
    const isClockKnown = this.#clock.now() !== undefined;
    const jobIds = [...requests.keys()].filter((jobId) => !isClockKnown || !this.#remembered.has(jobId));
    if (jobIds.length === 0) return new Set();
    const askedAt = this.#timing.monotonic();
    const { now, kept, failed } = await this.#states.read(jobIds);
    this.#clock.hear(now, askedAt);
    this.#fail(requests, failed);
    for (const jobId of jobIds) {
      const found = kept.get(jobId);
      if (found === undefined) this.#remembered.delete(jobId);
      else this.#remembered.set(jobId, found);
    }
    return new Set(jobIds);
  }

  /** What has ended is not spoken of again soon. */
  #remember(jobId: string, kept: KeptState | undefined): void {
    this.#remembered.delete(jobId);
    if (kept?.state.record === undefined || isFinal(kept.state.record.snapshot.status)) return;
    this.#remembered.set(jobId, kept);
    if (this.#remembered.size > REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}

/** One after the other, each on what the one before left. */
function decideAll(state: JobState, requests: readonly Request[], now: number): { next: JobState | undefined; tell: () => void } {
  let next: JobState | undefined;
  const results = requests.map(({ decide }) => {
    const decision = decide(next ?? state, now);
    next = decision.next ?? next;
    return decision.result;
  });
  return { next, tell: () => requests.forEach(({ resolve }, index) => resolve(results[index])) };
}
