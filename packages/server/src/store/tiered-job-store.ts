import { isNewer, RANK, termOf, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { Deadline } from '../deadline.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { failuresOf, StoreHealth } from '../store-health.js';
import { answerWithin, realTiming, type Timing } from '../timing.js';
import { CacheTier } from './cache-tier.js';
import type { JobRecord, NewJob, UnfinishedJob } from './job-record.js';
import type { CacheJobStore, CancelOptions, CancelResult, ChangeQuery, CreationQuery, Heartbeat, HeartbeatResult, JobStore, NotDecided, RunClaim, RunStart, StateWrite, SuperviseOptions, SuperviseResult, UnfinishedQuery, WriteResult } from './job-store.js';
import { ProgressBehind } from './progress-behind.js';
import { checkStore, invalid } from './store-options.js';

export interface TieredJobStoreOptions {
  /** Fast, and shared by all processes: a `RedisJobStore`; in a single process also a `MemoryJobStore`. */
  readonly cache: CacheJobStore;
  /** Remembers: a `PostgresJobStore`. */
  readonly durable: JobStore;
  /** Hears when the cache fails: the durable store does its work until it is back. And when progress does not get there. Default: the console. */
  readonly onError?: OnError;
  readonly timing?: Timing;
}

/** A cached state is trusted for so long after the durable store last confirmed it. */
const TRUSTED_FOR_MS = 10_000;
/** What is cached is shown when the durable store has not confirmed it within this time: a gateway answers within 3 s. */
const CONFIRMED_WITHIN_MS = 1_000;
/** How long `close` waits for the last progress. */
const FLUSHES_WITHIN_MS = 5_000;

/**
 * A cache before a durable store (specification, section 1, rule 8). The durable one hands out epochs, begins runs,
 * decides ends, and answers lists. Progress goes to the cache, and to the durable one within 5 s; it is read from the
 * cache, and checked against the durable one after 10 s.
 *
 * Without its cache it works on, and a cache that is back hears within a second what it has missed; without the durable
 * store what has to be decided rejects, and progress goes on.
 *
 * @example
 * const store = new TieredJobStore({ cache: new RedisJobStore({ url: redisUrl }), durable: new PostgresJobStore({ url: databaseUrl }) });
 */
export class TieredJobStore implements JobStore {
  readonly #timing: Timing;
  readonly #cache: CacheTier;
  readonly #durable: JobStore;
  readonly #onError: OnError;
  readonly #behind: ProgressBehind;
  readonly #durableHealth: StoreHealth;

  /** @throws JobEventsServerError `INVALID_OPTIONS` */
  constructor(options: TieredJobStoreOptions) {
    const { cache, durable, onError, timing = realTiming } = options ?? {};
    checkStore('cache', cache, 'mirror', 'new RedisJobStore({ url })');
    checkStore('durable', durable, 'write', 'new PostgresJobStore({ url })');
    if ((cache as JobStore) === durable) throw invalid('cache and durable: give two stores. One that is its own cache remembers no more than without it.');
    this.#timing = timing;
    this.#durable = durable;
    this.#onError = guardedOnError(onError);
    this.#cache = new CacheTier(cache, { timing, onError: this.#onError });
    this.#behind = new ProgressBehind(timing, (writes) => this.#catchUp(writes), (cause, jobIds) => this.#durableHealth.unanswered('write', jobIds, cause));
    this.#durableHealth = new StoreHealth({ store: 'durable store', timing, onError: this.#onError, consequence: 'progress waits, and what is cached is shown as it is.' });
  }

  now(): Promise<number> {
    return this.#durable.now();
  }

  async insert(job: NewJob): Promise<JobRecord | undefined> {
    return this.#mirrored(await this.#durable.insert(job));
  }

  async begin(claim: RunClaim): Promise<RunStart> {
    await this.#behind.flush([claim.jobId]);
    const start = await this.#durable.begin(claim);
    if (start.outcome === 'begun') await this.#cache.mirror([start.record]);
    return start;
  }

  async takeEpoch(jobId: string): Promise<{ epoch: number; record: JobRecord | undefined }> {
    await this.#behind.flush([jobId]);
    const { epoch, record } = await this.#durable.takeEpoch(jobId);
    const cached = await this.#cache.get([jobId]);
    return { epoch, record: newer(cached.get(jobId), record) };
  }

  /**
   * The cache decides further progress of a reporter alone. What a reporter says first under its epoch the durable store
   * decides: it would take what an older epoch says for the newest otherwise. So it does with all that a batch says of a
   * job that somebody lets go in it, so that its order stays.
   */
  async write(writes: readonly StateWrite[]): Promise<readonly (WriteResult | NotDecided)[]> {
    const letGo = new Set(writes.filter(({ snapshot }) => isLetGo(snapshot)).map(({ snapshot }) => snapshot.jobId));
    const isProgress = ({ snapshot: { jobId, version } }: StateWrite): boolean =>
      !letGo.has(jobId) && version[3] > 1 && this.#cache.isConfirmed(jobId);
    const cached = await this.#writeToCache(writes.filter(isProgress));
    const toDecide = writes.filter((write) => cached.get(write)?.outcome !== 'stored');
    const decided = await this.#decide(toDecide).catch((cause: unknown) => {
      if (toDecide.length === writes.length) throw cause;
      return toDecide.map((): NotDecided => ({ outcome: 'failed', cause }));
    });
    const results = new Map(cached);
    toDecide.forEach((write, index) => results.set(write, laterOf(decided[index]!, cached.get(write))));
    return writes.map((write) => results.get(write)!);
  }

  heartbeat(beats: readonly Heartbeat[]): Promise<readonly (HeartbeatResult | NotDecided)[]> {
    return this.#durable.heartbeat(beats);
  }

  async cancel(jobId: string, options: CancelOptions): Promise<CancelResult> {
    await this.#behind.flush([jobId]);
    const result = await this.#durable.cancel(jobId, options);
    if ('record' in result) await this.#cache.mirror([result.record]);
    return result;
  }

  async superviseRun(jobId: string, options: SuperviseOptions): Promise<SuperviseResult> {
    await this.#behind.flush([jobId]);
    const result = await this.#durable.superviseRun(jobId, options);
    if (!('record' in result)) return result;
    // Watchers hold the last progress of the run, which only the cache may have: the mark is under the version that they hold.
    const cached = result.outcome === 'stalled' ? (await this.#cache.get([jobId])).get(jobId) : undefined;
    const { snapshot } = result.record;
    const isAhead = cached?.snapshot.status === 'active' && cached.snapshot.version[2] === snapshot.version[2] && isNewer(cached.snapshot, snapshot);
    const record: JobRecord = isAhead ? { ...cached, snapshot: { ...cached.snapshot, stalled: true } } : result.record;
    await this.#cache.mirror([record]);
    return { ...result, record };
  }

  /** Where the durable store does not answer, a cached state is trusted for longer. */
  async get(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]> {
    const cached = await this.#cache.get(jobIds);
    const unsure = [...new Set(jobIds.filter((jobId) => !cached.has(jobId) || !this.#cache.isConfirmed(jobId, TRUSTED_FOR_MS)))];
    if (unsure.length > 0) {
      try {
        const asking = this.#durable.get(unsure);
        const isCached = unsure.every((jobId) => cached.has(jobId));
        const confirmed = await (isCached ? answerWithin(asking, CONFIRMED_WITHIN_MS, this.#timing, 'The durable store') : asking);
        this.#durableHealth.answered('read', unsure, new Map());
        await this.#cache.mirror(confirmed.filter((record) => record !== undefined));
        unsure.forEach((jobId, index) => setOrDelete(cached, jobId, newer(cached.get(jobId), confirmed[index])));
      } catch (cause) {
        if (unsure.some((jobId) => !cached.has(jobId))) throw cause;
        this.#durableHealth.unanswered('read', unsure, cause);
      }
    }
    return jobIds.map((jobId) => cached.get(jobId));
  }

  async listByCreation(query: CreationQuery): Promise<readonly JobRecord[]> {
    return this.#freshened(await this.#durable.listByCreation(query));
  }

  async listChanged(query: ChangeQuery): Promise<readonly JobRecord[]> {
    return this.#freshened(await this.#durable.listChanged(query));
  }

  async listUnfinished(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]> {
    const jobs = await this.#durable.listUnfinished(query);
    const fresh = await this.#freshened(jobs);
    // Heartbeats go to the durable store alone.
    return jobs.map(({ touchedAt, run }, index) => {
      const { run: _cached, ...record } = fresh[index]!;
      return { ...record, ...(run !== undefined && { run }), touchedAt };
    });
  }

  takeLease(name: string, holder: string, forMs: number): Promise<boolean> {
    return this.#durable.takeLease(name, holder, forMs);
  }

  /** Writes the last progress, for which a durable store that is silent is waited for 5 s, then closes both stores. */
  async close(): Promise<void> {
    const notWritten = (cause?: unknown): void =>
      this.#onError(new JobEventsServerError('STORE_FAILED', 'The last progress could not be written to the durable store before it was closed.', { cause }));
    const written = this.#behind.flush().then(() => this.#behind.isEmpty || notWritten(), notWritten);
    if (!(await new Deadline(FLUSHES_WITHIN_MS, this.#timing).settles(written))) notWritten();
    this.#behind.close();
    await Promise.all([this.#cache.close(), this.#durable.close()]);
  }

  /** What the cache refuses the durable store decides. */
  async #writeToCache(writes: readonly StateWrite[]): Promise<Map<StateWrite, WriteResult | NotDecided>> {
    const results = await this.#cache.write(writes);
    for (const [write, { outcome }] of results) if (outcome === 'stored') this.#behind.add(write);
    return results;
  }

  async #decide(writes: readonly StateWrite[]): Promise<readonly (WriteResult | NotDecided)[]> {
    if (writes.length === 0) return [];
    await this.#behind.flush(writes.map(({ snapshot }) => snapshot.jobId));
    const results = await this.#durable.write(writes);
    await this.#cache.mirror(results.flatMap((result) => ('record' in result ? result.record : [])));
    return results;
  }

  /** Resolves to what the durable store could not decide. */
  async #catchUp(writes: readonly StateWrite[]): Promise<readonly StateWrite[]> {
    const results = await this.#decide(writes);
    const jobIds = writes.map(({ snapshot }) => snapshot.jobId);
    this.#durableHealth.answered('write', jobIds, failuresOf(jobIds, results));
    const isDone = await Promise.all(writes.map((write, index) => this.#repeat(write, results[index]!).catch(() => false)));
    return writes.filter((_, index) => !isDone[index]);
  }

  /**
   * Another reporter's epoch came between, and what was cached is more: its reporter believes it stored, and may say no
   * more. Resolves to whether there is nothing left to write.
   */
  async #repeat(write: StateWrite, result: WriteResult | NotDecided): Promise<boolean> {
    if (result.outcome !== 'outdated' || write.by === 'run') return result.outcome !== 'failed';
    const { snapshot: current } = result.record;
    const isMore = current.version[0] === write.snapshot.version[0] && current.version[1] === RANK.going && current.progress < write.snapshot.progress;
    if (!isMore) return true;
    const { jobId, version } = write.snapshot;
    const { epoch } = await this.#durable.takeEpoch(jobId);
    await this.#decide([{ ...write, snapshot: { ...write.snapshot, version: [version[0], RANK.going, epoch, 1, termOf(current.version)] } }]);
    return true;
  }

  /** The durable store says which jobs and in which order; the cache may know more of them. */
  async #freshened(records: readonly JobRecord[]): Promise<readonly JobRecord[]> {
    if (records.length === 0) return records;
    const cached = await this.#cache.get(records.map(({ snapshot }) => snapshot.jobId));
    return records.map((record) => newer(cached.get(record.snapshot.jobId), record)!);
  }

  async #mirrored(record: JobRecord | undefined): Promise<JobRecord | undefined> {
    if (record !== undefined) await this.#cache.mirror([record]);
    return record;
  }
}

/** An end, or a step that leaves the job to the next one: who takes the job afterwards has to see it. */
const isLetGo = ({ version, status }: AnyJobSnapshot): boolean => version[1] !== RANK.going || status === 'queued';

/** The cached one where it knows more of this user's job; else what the durable store says, lists by its times. */
const newer = (cached: JobRecord | undefined, durable: JobRecord | undefined): JobRecord | undefined =>
  cached !== undefined && (durable === undefined || (cached.userId === durable.userId && isNewer(cached.snapshot, durable.snapshot)))
    ? { ...cached, changedAt: durable?.changedAt ?? cached.changedAt }
    : durable;

/** A durable store that lost states, or went back to earlier ones, stores what is older than what the cache shows. */
const laterOf = (decided: WriteResult | NotDecided, cached: WriteResult | NotDecided | undefined): WriteResult | NotDecided =>
  decided.outcome === 'stored' && cached?.outcome === 'outdated' && isNewer(cached.record.snapshot, decided.record.snapshot) ? cached : decided;

function setOrDelete(records: Map<string, JobRecord>, jobId: string, record: JobRecord | undefined): void {
  if (record === undefined) records.delete(jobId);
  else records.set(jobId, record);
}
