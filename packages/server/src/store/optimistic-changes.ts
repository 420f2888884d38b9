import { randomUUID } from 'node:crypto';
import { isFinal } from '@notes/job-events-protocol';
import type { Timing } from '../timing.js';
import type { Decision, JobState } from './job-state.js';
import type { KeptState, SharedStates, StateChange } from './shared-states.js';
import { StoreClock } from './store-clock.js';

type Decide<Result> = (state: JobState, now: number) => Decision<Result>;

interface Request {
  readonly decide: Decide<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The requests of each job, in the order in which they came. */
type Requests = Map<string, Request[]>;

const MOST_AT_ONCE = 500;
/** How many jobs' last states are remembered. A memory that is wrong costs a round trip, nothing else. */
const REMEMBERED = 10_000;
/** Others may be faster; each time somebody gets ahead. From the fourth time on we wait a moment first. */
const MOST_ROUNDS = 100;
const EAGER_ROUNDS = 3;
const LONGEST_PAUSE_MS = 50;

/**
 * Changes states in a database that other processes change too: decides here, by the pure functions, and replaces the
 * state there only if it is still the one that was decided on; otherwise decides again on the new one.
 *
 * One round trip is under way at a time; what is asked for meanwhile goes along with the next. So a burst is one
 * statement, and the calls of one process neither race nor overtake each other.
 */
export class OptimisticChanges {
  readonly #states: SharedStates;
  readonly #timing: Timing;
  readonly #clock: StoreClock;
  readonly #remembered = new Map<string, KeptState>();
  #waiting: [jobId: string, request: Request][] = [];
  #isWorking = false;

  constructor(states: SharedStates, timing: Timing) {
    this.#states = states;
    this.#timing = timing;
    this.#clock = new StoreClock(timing);
  }

  change<Result>(jobId: string, decide: Decide<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push([jobId, { decide, resolve: resolve as (result: unknown) => void, reject }]);
      if (this.#isWorking) return;
      this.#isWorking = true;
      queueMicrotask(() => void this.#work());
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) await this.#settle(byJob(this.#waiting.splice(0, MOST_AT_ONCE)));
    this.#isWorking = false;
  }

  async #settle(requests: Requests): Promise<void> {
    let open = requests;
    try {
      for (let round = 0; open.size > 0; round++) {
        if (round === MOST_ROUNDS) throw new Error(`Others changed ${[...open.keys()].join(', ')} faster than we could, or keep it locked, ${MOST_ROUNDS} times.`);
        if (round > EAGER_ROUNDS) await this.#pause();
        open = await this.#attempt(open);
      }
    } catch (error) {
      for (const [jobId, refused] of open) {
        this.#remembered.delete(jobId);
        for (const { reject } of refused) reject(error);
      }
    }
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
    const { now: heard, replaced } = await this.#states.replace(changes);
    this.#clock.hear(heard, askedAt);
    for (const { jobId, state, revision, tell } of changes) {
      if (!replaced.has(jobId)) {
        this.#leaveOpen(open, jobId, requests.get(jobId)!);
      } else {
        this.#remember(jobId, { state, revision });
        tell();
      }
    }
    return open;
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
    const { now, kept } = await this.#states.read(jobIds);
    this.#clock.hear(now, askedAt);
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

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#timing.setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS, true));
  }
}

function byJob(waiting: readonly [string, Request][]): Requests {
  const requests: Requests = new Map();
  for (const [jobId, request] of waiting) {
    const asked = requests.get(jobId);
    if (asked === undefined) requests.set(jobId, [request]);
    else asked.push(request);
  }
  return requests;
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
