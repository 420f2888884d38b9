import { isFinal } from '@notes/job-events-protocol';
import { touchedAt } from '../store/job-state.js';
import type { JobRecord, UnfinishedJob, UnfinishedQuery } from '../store/job-store.js';
import { pickUnfinished } from '../store/list-records.js';
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
 * The unfinished jobs of all users in one sorted set, by the time when they were last touched. An entry is written after
 * its record and lags behind it: what it points to is read, and decides. Entries of jobs that have ended or expired are
 * removed by whoever finds them, and age.
 */
export class RedisUnfinishedIndex {
  readonly #options: RedisUnfinishedIndexOptions;

  constructor(options: RedisUnfinishedIndexOptions) {
    this.#options = options;
  }

  /** Writes the entry of a record that is stored. */
  async put(record: JobRecord): Promise<void> {
    const { command, listedForMs } = this.#options;
    const { jobId, status } = record.snapshot;
    if (isFinal(status)) await command('EVAL', UNLIST_UNFINISHED, '1', this.#key, `${touchedAt(record)}`, jobId);
    else await command('EVAL', LIST_UNFINISHED, '1', this.#key, jobId, `${touchedAt(record)}`, `${listedForMs}`);
  }

  /** No entry is ahead of its record. So once the entries up to a time are read, the records up to that time are known. */
  async list(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]> {
    const { command, now } = this.#options;
    const began = await now();
    const from = query.after?.touchedAt ?? 0;
    // An entry that is brought up to date amid the reading is read again further on.
    const found = new Map<string, JobRecord>();
    for await (const page of readSortedSet(command, { key: this.#key, from, to: query.untouchedForMs > 0 ? began - query.untouchedForMs : '+inf', order: 'ascending' })) {
      for (const record of await this.#recordsOf(page, began)) found.set(record.snapshot.jobId, record);
      const readUpTo = page.at(-1)!.score;
      const known = pickUnfinished([...found.values()], query, began).filter((job) => job.touchedAt < readUpTo);
      if (known.length >= query.limit) return known;
    }
    return pickUnfinished([...found.values()], query, began);
  }

  /** Brings the entries up to date on the way. */
  async #recordsOf(page: readonly SortedSetEntry[], now: number): Promise<JobRecord[]> {
    const { command, get } = this.#options;
    const records = await get(page.map(({ member }) => member));
    const found: JobRecord[] = [];
    const gone: string[] = [];
    const later: string[] = [];
    page.forEach(({ member, score }, index) => {
      const record = records[index];
      if (record === undefined || isFinal(record.snapshot.status)) return void gone.push(member);
      found.push(record);
      if (touchedAt(record) > score) later.push(`${touchedAt(record)}`, member);
    });
    await Promise.all([
      gone.length > 0 && command('EVAL', UNLIST_UNFINISHED, '1', this.#key, `${now - STORED_AGAIN_MS}`, ...gone),
      later.length > 0 && command('ZADD', this.#key, 'XX', 'GT', ...later),
    ]);
    return found;
  }

  get #key(): string {
    return `{${this.#options.keyPrefix}}:unfinished`;
  }
}
