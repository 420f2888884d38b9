import { realTiming, type Timing } from '../timing.js';
import { decideCancel, decideInsert } from './decide-intent.js';
import { decideMirror } from './decide-mirror.js';
import { decideBegin, decideHeartbeat, decideTakeEpoch } from './decide-run.js';
import { decideSupervision } from './decide-supervision.js';
import { decideWrite } from './decide-write.js';
import { ExpiringJobStates } from './expiring-job-states.js';
import type { Decision, JobState } from './job-state.js';
import type { JobRecord, NewJob, UnfinishedJob } from './job-record.js';
import type { CacheJobStore, CancelOptions, CancelResult, ChangeQuery, CreationQuery, Heartbeat, HeartbeatResult, NotMirrored, RunClaim, RunStart, StateWrite, SuperviseOptions, SuperviseResult, UnfinishedQuery, WriteResult } from './job-store.js';
import { Leases } from './leases.js';
import { pickUnfinished } from './list-records.js';
import { SteadyClock } from './steady-clock.js';
import { DAY_MS, FENCED_FOR_A_DAY, readCount, readMs } from './store-options.js';

export interface MemoryJobStoreOptions {
  /** How long a finished job can be read, in ms. Default: 10 minutes. */
  readonly finishedForMs?: number;
  /** How long what keeps an ended job ended is remembered, in ms. Default, and least: 24 hours, or `finishedForMs` if that is longer. */
  readonly fencedForMs?: number;
  /** How many jobs are remembered at most; beyond it the oldest are forgotten, finished ones first. Default: 100,000. */
  readonly maxJobs?: number;
  /** How many bytes the states may hold together, about; beyond it jobs are forgotten in the same order. Default: 256 MiB. */
  readonly maxBytes?: number;
  readonly timing?: Timing;
}

/**
 * Keeps the states of jobs in this process: for one process, for development and for tests. What it holds is bounded in
 * time and number and is gone when the process ends; other processes do not see it. Never rejects.
 *
 * @example
 * const jobEvents = createJobEvents(io, { authenticate, store: new MemoryJobStore({ finishedForMs: 3_600_000 }) });
 */
export class MemoryJobStore implements CacheJobStore {
  readonly #clock: SteadyClock;
  readonly #states: ExpiringJobStates;
  readonly #leases: Leases;

  /** @throws JobEventsServerError `INVALID_OPTIONS` */
  constructor({ timing = realTiming, ...options }: MemoryJobStoreOptions = {}) {
    const finishedForMs = readMs('finishedForMs', options.finishedForMs ?? 600_000);
    const leastFenced = Math.max(DAY_MS, finishedForMs);
    const fencedForMs = readMs('fencedForMs', options.fencedForMs ?? leastFenced, leastFenced, FENCED_FOR_A_DAY);
    const maxJobs = readCount('maxJobs', options.maxJobs ?? 100_000);
    const maxBytes = readCount('maxBytes', options.maxBytes ?? 268_435_456);
    this.#clock = new SteadyClock(timing);
    this.#leases = new Leases(timing);
    this.#states = new ExpiringJobStates(timing, { finishedForMs, fencedForMs, maxJobs, maxBytes });
  }

  now(): Promise<number> {
    return Promise.resolve(this.#clock.now());
  }

  async insert(job: NewJob): Promise<JobRecord | undefined> {
    return this.#change(job.jobId, (state, now) => decideInsert(state, job, now));
  }

  async begin(claim: RunClaim): Promise<RunStart> {
    return this.#change(claim.jobId, (state, now) => decideBegin(state, claim, now));
  }

  async takeEpoch(jobId: string): Promise<{ epoch: number; record: JobRecord | undefined }> {
    return this.#change(jobId, decideTakeEpoch);
  }

  async write(writes: readonly StateWrite[]): Promise<readonly WriteResult[]> {
    return writes.map((write) => this.#change(write.snapshot.jobId, (state, now) => decideWrite(state, write, now)));
  }

  async heartbeat(beats: readonly Heartbeat[]): Promise<readonly HeartbeatResult[]> {
    return beats.map((beat) => this.#change(beat.jobId, (state, now) => decideHeartbeat(state, beat, now)));
  }

  async cancel(jobId: string, options: CancelOptions): Promise<CancelResult> {
    return this.#change(jobId, (state, now) => decideCancel(state, options, now));
  }

  async superviseRun(jobId: string, options: SuperviseOptions): Promise<SuperviseResult> {
    return this.#change(jobId, (state, now) => decideSupervision(state, options, now));
  }

  async mirror(records: readonly JobRecord[]): Promise<readonly NotMirrored[]> {
    for (const record of records) this.#change(record.snapshot.jobId, (state) => decideMirror(state, record));
    return [];
  }

  async get(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]> {
    return jobIds.map((jobId) => this.#states.get(jobId).record);
  }

  async listByCreation(query: CreationQuery): Promise<readonly JobRecord[]> {
    return this.#states.jobsOf(query.userId)?.listByCreation(query) ?? [];
  }

  async listChanged(query: ChangeQuery): Promise<readonly JobRecord[]> {
    return this.#states.jobsOf(query.userId)?.listChanged(query) ?? [];
  }

  async listUnfinished(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]> {
    return pickUnfinished(this.#states.unfinishedJobs(), query, this.#clock.now());
  }

  async takeLease(name: string, holder: string, forMs: number): Promise<boolean> {
    return this.#leases.take(name, holder, forMs);
  }

  async close(): Promise<void> {
    this.#states.close();
  }

  #change<Result>(jobId: string, decide: (state: JobState, now: number) => Decision<Result>): Result {
    const { result, next } = decide(this.#states.get(jobId), this.#clock.now());
    if (next !== undefined) this.#states.set(jobId, next);
    return result;
  }
}
