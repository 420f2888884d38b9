import { isFinal } from '@notes/job-events-protocol';
import type { JobRecord } from '../store/job-record.js';
import type { ChangeQuery, CreationQuery } from '../store/job-store.js';
import { pickByCreation, pickChanged } from '../store/list-records.js';
import { LIST, UNLIST } from './redis-scripts.js';
import { readSortedSet, type RedisCommand, type SortedSetEntry, type SortedSetRange } from './redis-sorted-set.js';

export interface RedisUserIndexOptions {
  readonly keyPrefix: string;
  /** How long a job stays listed after its record was written, in ms: longer than its record. */
  readonly finishedForMs: number;
  readonly unfinishedForMs: number;
  readonly command: RedisCommand;
  readonly get: (jobIds: readonly string[]) => Promise<readonly (JobRecord | undefined)[]>;
  readonly now: () => Promise<number>;
}

/** A job that changed so lately may have been stored again since somebody looked. More than clocks differ. */
const STORED_AGAIN_MS = 60_000;

/**
 * A user's jobs in sorted sets, by creation and by change, and by the time when they leave both. An entry is written
 * after its record. It may outlive it, and the id may belong to somebody else by then: what it points to is read, and is
 * left out if it is gone or another user's.
 */
export class RedisUserIndex {
  readonly #options: RedisUserIndexOptions;

  constructor(options: RedisUserIndexOptions) {
    this.#options = options;
  }

  /** Writes the entry of a record that was stored just now. */
  async put(record: JobRecord): Promise<void> {
    await this.#put(record, 'now');
  }

  /**
   * Writes the entry of a record that was stored a while ago. What was missing counts as a change from now on, so that
   * readers who have gone further find it.
   */
  async putLate(record: JobRecord): Promise<void> {
    await this.#put(record, 'late');
  }

  async #put({ userId, snapshot, changedAt }: JobRecord, when: 'now' | 'late'): Promise<void> {
    const { command, finishedForMs, unfinishedForMs } = this.#options;
    const listedForMs = isFinal(snapshot.status) ? finishedForMs : unfinishedForMs;
    const times = [Date.parse(snapshot.createdAt), Math.floor(changedAt), listedForMs, Math.max(finishedForMs, unfinishedForMs)];
    await command('EVAL', LIST, '3', ...this.#keys(userId), snapshot.jobId, ...times.map(String), when);
  }

  listByCreation(query: CreationQuery): Promise<readonly JobRecord[]> {
    const { userId, before } = query;
    const [key] = this.#keys(userId);
    const from = before === undefined ? '+inf' : Date.parse(before.createdAt);
    return this.#collect(userId, { key, from, to: '-inf', order: 'descending' }, query.limit, (record) => record, (records) => pickByCreation(records, query));
  }

  listChanged(query: ChangeQuery): Promise<readonly JobRecord[]> {
    const { userId, changedSince } = query;
    const [, key] = this.#keys(userId);
    // A reader goes on from the time that the list is in the order of.
    const asListed = (record: JobRecord, { score }: SortedSetEntry): JobRecord => ({ ...record, changedAt: score });
    return this.#collect(userId, { key, from: Math.floor(changedSince), to: '+inf', order: 'ascending' }, query.limit, asListed, (records) => pickChanged(records, query));
  }

  async #collect(
    userId: string,
    range: SortedSetRange,
    limit: number,
    recordAt: (record: JobRecord, entry: SortedSetEntry) => JobRecord,
    pick: (records: readonly JobRecord[]) => JobRecord[],
  ): Promise<readonly JobRecord[]> {
    const { command, get, now } = this.#options;
    const began = now();
    const gone: string[] = [];
    const found: JobRecord[] = [];
    let picked: JobRecord[] = [];
    for await (const page of readSortedSet(command, range)) {
      const records = await get(page.map(({ member }) => member));
      page.forEach((entry, index) => {
        const record = records[index];
        if (record?.userId === userId) found.push(recordAt(record, entry));
        else gone.push(entry.member);
      });
      picked = pick(found);
      if (picked.length >= limit) break;
    }
    const before = (await began) - STORED_AGAIN_MS;
    if (gone.length > 0) await command('EVAL', UNLIST, '3', ...this.#keys(userId), `${before}`, ...gone);
    return picked;
  }

  /** The braces make a cluster keep them together. */
  #keys(userId: string): readonly [byCreation: string, byChange: string, byExpiry: string] {
    const tag = `{${this.#options.keyPrefix}-of:${userId}}`;
    return [`${tag}:created`, `${tag}:changed`, `${tag}:expires`];
  }
}
