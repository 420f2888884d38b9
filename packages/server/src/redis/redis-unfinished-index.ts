import { isFinal } from '@notes/job-events-protocol';
import { touchedAt } from '../store/job-state.js';
import type { JobRecord, UnfinishedJob } from '../store/job-record.js';
import type { UnfinishedQuery } from '../store/job-store.js';
import { pickUnfinished, SET_BACK_MS } from '../store/list-records.js';
import { LIST_UNFINISHED, UNLIST_UNFINISHED } from './redis-scripts.js';
import { readSortedSet, type RedisCommand, type SortedSetEntry } from './redis-sorted-set.js';

export interface RedisUnfinishedIndexOptions {
  readonly keyPrefix: string;
  /** How long a job of which nothing is heard stays listed, in ms: longer than its record. */
  readonly listedForMs: number;
  readonly command: RedisCommand;
  readonly get: (jobIds: readonly string[]) => Promise<readonly (JobRecord | undefined)[]>;
  readonly now: () => Promise<number>;
}

/** A job that was touched so lately may have been stored again since somebody looked. More than clocks differ. */
const STORED_AGAIN_MS = 60_000;

/**
 * The unfinished jobs of all users in one sorted set, by the time when they were last touched, and those that a run holds
 * in another. An entry is written after its record and lags behind it: what it points to is read, and decides. Entries of
 * jobs that do not belong there any more are removed by whoever finds them, and age.
 */
export class RedisUnfinishedIndex {
  readonly #options: RedisUnfinishedIndexOptions;

  constructor(options: RedisUnfinishedIndexOptions) {
    this.#options = options;
  }

  /** Writes the entry of a record that is stored. */
  async put(record: JobRecord): Promise<void> {
    await Promise.all(LISTS.map((list) => this.#putInto(list, record)));
  }

  async #putInto(list: List, record: JobRecord): Promise<void> {
    const { command, listedForMs } = this.#options;
    const { jobId } = record.snapshot;
    if (belongs(record, list)) await command('EVAL', LIST_UNFINISHED, '1', this.#keyOf(list), jobId, `${touchedAt(record)}`, `${listedForMs}`);
    else await command('EVAL', UNLIST_UNFINISHED, '1', this.#keyOf(list), `${touchedAt(record)}`, jobId);
  }

  /** No entry is ahead of its record, unless the clock was set back. So once the entries up to a time are read, the records up to that time are known. */
  async list(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]> {
    const { command, now } = this.#options;
    const list: List = query.held ? 'held' : 'unfinished';
    const began = await now();
    const from = query.after?.touchedAt ?? 0;
    const ranges = query.untouchedForMs > 0
      ? [{ from, to: began - query.untouchedForMs }, { from: Math.max(from, began + SET_BACK_MS), to: '+inf' } as const]
      : [{ from, to: '+inf' } as const];
    // An entry that is brought up to date amid the reading is read again further on.
    const found = new Map<string, JobRecord>();
    for (const range of ranges) {
      for await (const page of readSortedSet(command, { key: this.#keyOf(list), ...range, order: 'ascending' })) {
        for (const record of await this.#recordsOf(list, page, began)) found.set(record.snapshot.jobId, record);
        const readUpTo = page.at(-1)!.score;
        const known = pickUnfinished([...found.values()], query, began).filter((job) => job.touchedAt < readUpTo);
        if (known.length >= query.limit) return known;
      }
    }
    return pickUnfinished([...found.values()], query, began);
  }

  /** Brings the entries up to date on the way. */
  async #recordsOf(list: List, page: readonly SortedSetEntry[], now: number): Promise<JobRecord[]> {
    const { command, get } = this.#options;
    const records = await get(page.map(({ member }) => member));
    const found: JobRecord[] = [];
    const gone: string[] = [];
    const later: string[] = [];
    const setBack: string[] = [];
    page.forEach(({ member, score }, index) => {
      const record = records[index];
      if (record === undefined || !belongs(record, list)) return void gone.push(member);
      found.push(record);
      const touched = touchedAt(record);
      if (touched > score) later.push(`${touched}`, member);
      else if (touched < score - SET_BACK_MS) setBack.push(`${touched}`, member);
    });
    await Promise.all([
      gone.length > 0 && command('EVAL', UNLIST_UNFINISHED, '1', this.#keyOf(list), `${now - STORED_AGAIN_MS}`, ...gone),
      later.length > 0 && command('ZADD', this.#keyOf(list), 'XX', 'GT', ...later),
      setBack.length > 0 && command('ZADD', this.#keyOf(list), 'XX', ...setBack),
    ]);
    return found;
  }

  #keyOf(list: List): string {
    return `{${this.#options.keyPrefix}}:${list}`;
  }
}

type List = 'unfinished' | 'held';

const LISTS: readonly List[] = ['unfinished', 'held'];

const belongs = ({ snapshot, run }: JobRecord, list: List): boolean => !isFinal(snapshot.status) && (list === 'unfinished' || run !== undefined);
