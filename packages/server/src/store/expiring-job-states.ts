import { isFinal } from '@notes/job-events-protocol';
import type { Timing } from '../timing.js';
import { approximateBytes } from './approximate-bytes.js';
import { fenceAlone, type JobState } from './job-state.js';
import type { JobRecord } from './job-record.js';
import { UserJobs } from './user-jobs.js';

export interface ExpiryOptions {
  /** How long the record of a finished job stays, in ms. */
  readonly finishedForMs: number;
  /** How long a fence, and an unfinished job of which nothing is heard, stays after the last write, in ms. */
  readonly fencedForMs: number;
  /** How many jobs are kept, fences included. The oldest fences leave first, then finished jobs, then the rest. */
  readonly maxJobs: number;
  /** How many bytes their states may hold together, in the same order. */
  readonly maxBytes: number;
}

type Phase = 'fence' | 'finished' | 'unfinished';

interface Entry {
  readonly state: JobState;
  readonly phase: Phase;
  /** On the monotonic clock. */
  readonly writtenAt: number;
  readonly bytes: number;
}

/** The states of jobs in the memory of one process: bounded, and forgetting as time passes. */
export class ExpiringJobStates {
  /** Each map has its jobs in the order of their last write, so that what leaves is always at the front. */
  readonly #entries: Readonly<Record<Phase, Map<string, Entry>>> = { fence: new Map(), finished: new Map(), unfinished: new Map() };
  readonly #jobsOfUsers = new Map<string, UserJobs>();
  readonly #timing: Timing;
  readonly #options: ExpiryOptions;
  #bytes = 0;
  #sweep: unknown;
  /** Before this time, on the monotonic clock, nothing expires. */
  #quietUntil = 0;

  constructor(timing: Timing, options: ExpiryOptions) {
    this.#timing = timing;
    this.#options = options;
  }

  get(jobId: string): JobState {
    this.#expire();
    return this.#find(jobId)?.state ?? {};
  }

  set(jobId: string, state: JobState): void {
    this.#delete(jobId);
    this.#insert(jobId, state, this.#timing.monotonic());
    this.#evictFor(jobId);
    this.#sweepLater();
  }

  /** The user's jobs that have a record; nothing where there are none. */
  jobsOf(userId: string): UserJobs | undefined {
    this.#expire();
    return this.#jobsOfUsers.get(userId);
  }

  /** The unfinished jobs of all users. */
  *unfinishedJobs(): Iterable<JobRecord> {
    this.#expire();
    for (const { state } of this.#entries.unfinished.values()) yield state.record!;
  }

  close(): void {
    this.#timing.clearTimeout(this.#sweep);
    this.#sweep = undefined;
  }

  #find(jobId: string): Entry | undefined {
    return this.#entries.unfinished.get(jobId) ?? this.#entries.finished.get(jobId) ?? this.#entries.fence.get(jobId);
  }

  #insert(jobId: string, state: JobState, writtenAt: number): void {
    const phase = phaseOf(state);
    const bytes = approximateBytes(state);
    this.#bytes += bytes;
    this.#entries[phase].set(jobId, { state, phase, writtenAt, bytes });
    if (state.record === undefined) return;
    const jobs = this.#jobsOfUsers.get(state.record.userId) ?? new UserJobs();
    jobs.add(state.record);
    this.#jobsOfUsers.set(state.record.userId, jobs);
  }

  #delete(jobId: string): void {
    const entry = this.#find(jobId);
    if (entry === undefined) return;
    this.#entries[entry.phase].delete(jobId);
    this.#bytes -= entry.bytes;
    const { record } = entry.state;
    const jobs = record && this.#jobsOfUsers.get(record.userId);
    if (jobs === undefined) return;
    jobs.delete(record!);
    if (jobs.isEmpty) this.#jobsOfUsers.delete(record!.userId);
  }

  /** The one that was written just now stays, however large and however many the others: it has been answered as stored. */
  #evictFor(jobId: string): void {
    const count = (): number => Object.values(this.#entries).reduce((sum, { size }) => sum + size, 0);
    while (count() > this.#options.maxJobs || this.#bytes > this.#options.maxBytes) {
      const oldest = this.#oldestBut(jobId);
      if (oldest === undefined) return;
      this.#delete(oldest);
    }
  }

  #oldestBut(jobId: string): string | undefined {
    const { fence, finished, unfinished } = this.#entries;
    for (const entries of [fence, finished, unfinished]) for (const id of entries.keys()) if (id !== jobId) return id;
    return undefined;
  }

  /** Looks at nothing as long as nothing can have expired: this stands before every read and write. */
  #expire(): void {
    const now = this.#timing.monotonic();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + Math.min(this.#options.finishedForMs, this.#options.fencedForMs);
    for (const [jobId, { state, writtenAt }] of this.#entries.finished) {
      if (now - writtenAt < this.#options.finishedForMs) {
        this.#quietUntil = Math.min(this.#quietUntil, writtenAt + this.#options.finishedForMs);
        break;
      }
      this.#delete(jobId);
      if (state.fence !== undefined) this.#insert(jobId, { fence: fenceAlone(state) }, writtenAt);
    }
    for (const entries of [this.#entries.fence, this.#entries.unfinished]) {
      for (const [jobId, { writtenAt }] of entries) {
        if (now - writtenAt < this.#options.fencedForMs) {
          this.#quietUntil = Math.min(this.#quietUntil, writtenAt + this.#options.fencedForMs);
          break;
        }
        this.#delete(jobId);
      }
    }
  }

  /** One timer while anything is kept, so that an idle process lets go of memory too. */
  #sweepLater(): void {
    if (this.#sweep !== undefined) return;
    this.#sweep = this.#timing.setTimeout(() => {
      this.#sweep = undefined;
      this.#expire();
      if (Object.values(this.#entries).some((entries) => entries.size > 0)) this.#sweepLater();
    }, Math.min(this.#options.finishedForMs, 60_000));
  }
}

function phaseOf({ record }: JobState): Phase {
  if (record === undefined) return 'fence';
  return isFinal(record.snapshot.status) ? 'finished' : 'unfinished';
}
