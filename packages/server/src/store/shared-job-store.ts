import { JobEventsError } from '@notes/job-events-protocol';
import { JobEventsServerError } from '../server-errors.js';
import { realTiming, type Timing } from '../timing.js';
import { decideCancel, decideInsert } from './decide-intent.js';
import { decideMirror } from './decide-mirror.js';
import { decideBegin, decideHeartbeat, decideTakeEpoch } from './decide-run.js';
import { decideSupervision } from './decide-supervision.js';
import { decideWrite } from './decide-write.js';
import type { JobRecord, NewJob, UnfinishedJob } from './job-record.js';
import type { CacheJobStore, CancelOptions, CancelResult, ChangeQuery, CreationQuery, Heartbeat, HeartbeatResult, NotDecided, NotMirrored, RunClaim, RunStart, StateWrite, SuperviseOptions, SuperviseResult, UnfinishedQuery, WriteResult } from './job-store.js';
import { messageOf } from './message-of.js';
import { OptimisticChanges } from './optimistic-changes.js';
import type { SharedStates } from './shared-states.js';
import { invalid } from './store-options.js';

/** How long a job of a batch is tried again that others change or keep locked. */
const PATIENCE_IN_A_BATCH_MS = 500;

/**
 * A `JobStore` on a database that several processes share. Every decision is made by the same pure functions as in
 * memory; the database compares and replaces. Errors of the database come as `STORE_FAILED`, with the cause.
 *
 * @example
 * // A database of your own: nine methods, and `jobStoreCases` of `/testing` to show that they are right.
 * class MongoJobStore extends SharedJobStore {
 *   constructor(db: Db) {
 *     super('MongoDB', new MongoStates(db)); // implements SharedStates
 *   }
 * }
 */
export class SharedJobStore implements CacheJobStore {
  readonly #name: string;
  readonly #states: SharedStates;
  readonly #changes: OptimisticChanges;

  /**
   * `name`: of the database, for people who read an error.
   *
   * @throws JobEventsServerError `INVALID_OPTIONS` without `states`.
   */
  protected constructor(name: string, states: SharedStates, timing: Timing = realTiming) {
    if (typeof states?.replace !== 'function') throw invalid(`${name}: give the states that the store is made of, an object with the methods of SharedStates.`);
    this.#name = name;
    this.#states = states;
    this.#changes = new OptimisticChanges(states, timing);
  }

  now(): Promise<number> {
    return this.#told(this.#states.now());
  }

  insert(job: NewJob): Promise<JobRecord | undefined> {
    return this.#told(this.#changes.change(job.jobId, (state, now) => decideInsert(state, job, now)));
  }

  begin(claim: RunClaim): Promise<RunStart> {
    return this.#told(this.#changes.change(claim.jobId, (state, now) => decideBegin(state, claim, now)));
  }

  takeEpoch(jobId: string): Promise<{ epoch: number; record: JobRecord | undefined }> {
    return this.#told(this.#changes.change(jobId, decideTakeEpoch));
  }

  write(writes: readonly StateWrite[]): Promise<readonly (WriteResult | NotDecided)[]> {
    return this.#each(writes, (write, patienceMs) =>
      this.#changes.change(write.snapshot.jobId, (state, now) => decideWrite(state, write, now), patienceMs));
  }

  heartbeat(beats: readonly Heartbeat[]): Promise<readonly (HeartbeatResult | NotDecided)[]> {
    return this.#each(beats, (beat, patienceMs) => this.#changes.change(beat.jobId, (state, now) => decideHeartbeat(state, beat, now), patienceMs));
  }

  cancel(jobId: string, options: CancelOptions): Promise<CancelResult> {
    return this.#told(this.#changes.change(jobId, (state, now) => decideCancel(state, options, now)));
  }

  superviseRun(jobId: string, options: SuperviseOptions): Promise<SuperviseResult> {
    return this.#told(this.#changes.change(jobId, (state, now) => decideSupervision(state, options, now)));
  }

  async mirror(records: readonly JobRecord[]): Promise<readonly NotMirrored[]> {
    const mirrored = await this.#each(records, (record, patienceMs) =>
      this.#changes.change(record.snapshot.jobId, (state) => decideMirror(state, record), patienceMs));
    return records.flatMap(({ snapshot: { jobId } }, index) => {
      const failed = mirrored[index];
      return failed === undefined ? [] : { jobId, cause: failed.cause };
    });
  }

  get(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]> {
    return this.#told(this.#states.get(jobIds));
  }

  listByCreation(query: CreationQuery): Promise<readonly JobRecord[]> {
    return this.#told(this.#states.listByCreation(query));
  }

  listChanged(query: ChangeQuery): Promise<readonly JobRecord[]> {
    return this.#told(this.#states.listChanged(query));
  }

  listUnfinished(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]> {
    return this.#told(this.#states.listUnfinished(query));
  }

  takeLease(name: string, holder: string, forMs: number): Promise<boolean> {
    return this.#told(this.#states.takeLease(name, holder, forMs));
  }

  close(): Promise<void> {
    return this.#states.close();
  }

  /** Each for itself: one that cannot be decided takes no answer from the others, and they do not wait for it for long. */
  async #each<Item, Result>(items: readonly Item[], change: (item: Item, patienceMs?: number) => Promise<Result>): Promise<readonly (Result | NotDecided)[]> {
    const patienceMs = items.length > 1 ? PATIENCE_IN_A_BATCH_MS : undefined;
    const settled = await Promise.allSettled(items.map((item) => this.#told(change(item, patienceMs))));
    const [first] = settled;
    if (first?.status === 'rejected' && settled.every(({ status }) => status === 'rejected')) throw first.reason;
    return settled.map((one) => (one.status === 'fulfilled' ? one.value : { outcome: 'failed', cause: one.reason }));
  }

  async #told<Result>(answer: Promise<Result>): Promise<Result> {
    try {
      return await answer;
    } catch (cause) {
      if (JobEventsError.isInstance(cause)) throw cause;
      throw new JobEventsServerError('STORE_FAILED', `${this.#name} did not do what was asked: ${messageOf(cause)}`, { cause });
    }
  }
}
