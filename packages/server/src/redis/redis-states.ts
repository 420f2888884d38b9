import { createHash } from 'node:crypto';
import { isFinal } from '@notes/job-events-protocol';
import { fenceAlone, type JobFence, type JobState } from '../store/job-state.js';
import type { JobRecord, UnfinishedJob } from '../store/job-record.js';
import type { ChangeQuery, CreationQuery, UnfinishedQuery } from '../store/job-store.js';
import { SET_BACK_MS } from '../store/list-records.js';
import type { KeptState, SharedStates, StateChange } from '../store/shared-states.js';
import type { Timing } from '../timing.js';
import type { OpenedRedis } from './open-redis.js';
import { LISTED_AGAIN_MS, RedisIndexes } from './redis-indexes.js';
import { REPLACE, TAKE_LEASE } from './redis-scripts.js';
import { RedisUnfinishedIndex } from './redis-unfinished-index.js';
import { RedisUserIndex } from './redis-user-index.js';

export interface RedisStatesOptions {
  readonly keyPrefix: string;
  readonly finishedForMs: number;
  readonly unfinishedForMs: number;
  readonly fencedForMs: number;
  readonly timing: Timing;
}

const REVISION_LENGTH = 36;

/**
 * The states of jobs in Redis: the record under one key, the fence, which lives longer, under another of the same hash
 * slot. Commands of one batch travel together; each job is replaced by a script, atomically.
 */
export class RedisStates implements SharedStates {
  readonly #redis: OpenedRedis;
  readonly #options: RedisStatesOptions;
  readonly #indexes: RedisIndexes;

  constructor(redis: OpenedRedis, options: RedisStatesOptions) {
    this.#redis = redis;
    this.#options = options;
    const { keyPrefix, timing } = options;
    // Entries outlive their records: they are written again at most once a minute.
    const finishedForMs = options.finishedForMs + 2 * LISTED_AGAIN_MS;
    const unfinishedForMs = options.unfinishedForMs + 2 * LISTED_AGAIN_MS;
    const access = {
      command: (...args: string[]) => this.#command(...args),
      get: (jobIds: readonly string[]) => this.#getListed(jobIds),
      now: () => this.now(),
    };
    this.#indexes = new RedisIndexes({
      users: new RedisUserIndex({ keyPrefix, finishedForMs, unfinishedForMs, ...access }),
      unfinished: new RedisUnfinishedIndex({ keyPrefix, listedForMs: unfinishedForMs, ...access }),
      timing,
    });
  }

  async now(): Promise<number> {
    const [seconds, microseconds] = (await this.#command('TIME')) as [string, string];
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  async read(jobIds: readonly string[]): ReturnType<SharedStates['read']> {
    const [now, { done, failed }] = await Promise.all([this.now(), eachJob(jobIds, (jobId) => this.#read(jobId))]);
    return { now, kept: new Map([...done].filter((entry): entry is [string, KeptState] => entry[1] !== undefined)), failed };
  }

  async replace(changes: readonly StateChange[]): ReturnType<SharedStates['replace']> {
    const ofJobs = new Map(changes.map((change) => [change.jobId, change]));
    const [now, { done, failed }] = await Promise.all([this.now(), eachJob([...ofJobs.keys()], (jobId) => this.#replace(ofJobs.get(jobId)!))]);
    return { now, replaced: new Set([...done].flatMap(([jobId, isReplaced]) => (isReplaced ? jobId : []))), failed };
  }

  async get(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]> {
    const records = await this.#records(jobIds);
    await this.#repair(records.filter((record) => record !== undefined));
    return records;
  }

  listByCreation(query: CreationQuery): Promise<readonly JobRecord[]> {
    return this.#indexes.users.listByCreation(query);
  }

  listChanged(query: ChangeQuery): Promise<readonly JobRecord[]> {
    return this.#indexes.users.listChanged(query);
  }

  listUnfinished(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]> {
    return this.#indexes.unfinished.list(query);
  }

  async takeLease(name: string, holder: string, forMs: number): Promise<boolean> {
    return Number(await this.#command('EVAL', TAKE_LEASE, '1', `{${this.#options.keyPrefix}}:lease:${name}`, holder, `${Math.ceil(forMs)}`, `${SET_BACK_MS}`)) === 1;
  }

  async close(): Promise<void> {
    this.#redis.close();
  }

  async #records(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]> {
    const texts = await Promise.all(jobIds.map((jobId) => this.#command('GET', this.#recordKey(jobId))));
    return texts.map((text) => (text === null ? undefined : (JSON.parse(text as string) as JobRecord)));
  }

  /** Of what an entry points to: a list of ended jobs would otherwise be written again with each reading. */
  async #getListed(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]> {
    const records = await this.#records(jobIds);
    await this.#repair(records.filter((record) => record !== undefined && !isFinal(record.snapshot.status)) as JobRecord[]);
    return records;
  }

  /** What was read is the answer, whether or not this works: the next reader tries it again. */
  async #repair(records: readonly JobRecord[]): Promise<void> {
    await this.#indexes.repair(records).catch(() => {});
  }

  async #read(jobId: string): Promise<KeptState | undefined> {
    const [record, fence] = (await this.#command('MGET', this.#recordKey(jobId), this.#fenceKey(jobId))) as (string | null)[];
    if (!record && !fence) return undefined;
    const kept = toKeptState(record, fence);
    if (kept.state.record !== undefined) await this.#indexes.settle([kept.state.record]);
    return kept;
  }

  async #replace(change: StateChange): Promise<boolean> {
    try {
      return await this.#replaceAndList(change);
    } catch (error) {
      this.#indexes.owe(change.jobId);
      throw error;
    }
  }

  /** The indexes follow the record, and only one that is stored: whoever loses a race for an id is not listed. */
  async #replaceAndList({ jobId, expected, revision, state }: StateChange): Promise<boolean> {
    const { record } = state;
    const { fencedForMs, finishedForMs, unfinishedForMs } = this.#options;
    const recordForMs = record !== undefined && isFinal(record.snapshot.status) ? finishedForMs : unfinishedForMs;
    const replaced = await this.#command(
      'EVAL', REPLACE, '2', this.#recordKey(jobId), this.#fenceKey(jobId),
      expected ?? '', revision + JSON.stringify(fenceAlone(state)), `${fencedForMs}`, record === undefined ? '' : JSON.stringify(record), `${recordForMs}`,
    );
    if (Number(replaced) !== 1) return false;
    if (record !== undefined) await this.#indexes.put(record);
    return true;
  }

  async #command(...args: string[]): Promise<unknown> {
    return this.#redis.connection.command(...args);
  }

  #recordKey(jobId: string): string {
    return `${this.#options.keyPrefix}:${jobId}`;
  }

  /** The braces make a cluster put it where the record is. */
  #fenceKey(jobId: string): string {
    return `{${this.#recordKey(jobId)}}:fence`;
  }
}

/** Each for itself, together: one node of a cluster may be full, or refuse writes. */
async function eachJob<Result>(jobIds: readonly string[], work: (jobId: string) => Promise<Result>) {
  const settled = await Promise.allSettled(jobIds.map(work));
  const done = new Map<string, Result>();
  const failed = new Map<string, unknown>();
  settled.forEach((one, index) => (one.status === 'fulfilled' ? done.set(jobIds[index]!, one.value) : failed.set(jobIds[index]!, one.reason)));
  return { done, failed };
}

/** Redis may have evicted one of the two. A record without a fence is told from another by its digest. */
function toKeptState(record: string | null | undefined, fence: string | null | undefined): KeptState {
  const state: JobState = {
    ...(record && { record: JSON.parse(record) as JobRecord }),
    ...(fence && { fence: JSON.parse(fence.slice(REVISION_LENGTH)) as JobFence }),
  };
  return { state, revision: fence?.slice(0, REVISION_LENGTH) ?? digestOf(record!) };
}

const digestOf = (record: string): string => createHash('sha1').update(record).digest('hex');
