import { isFinal } from '@notes/job-events-protocol';
import type { JobRecord } from '../store/job-store.js';
import type { Timing } from '../timing.js';
import type { RedisUnfinishedIndex } from './redis-unfinished-index.js';
import type { RedisUserIndex } from './redis-user-index.js';

/** Whatever happens to a job, all its entries are written again at most this often. */
export const LISTED_AGAIN_MS = 60_000;
const MOST_REMEMBERED = 10_000;

/**
 * Writes the entries of records in both indexes: those that a record changes, and all of them once a minute while the job
 * is written to or read. So an index that Redis has evicted comes back.
 */
export class RedisIndexes {
  readonly users: RedisUserIndex;
  readonly unfinished: RedisUnfinishedIndex;
  readonly #timing: Timing;
  /** What this process has written entries of in the current minute: a version of a record for each job. */
  readonly #listed = new Map<string, string>();
  #minuteBegan = Number.NEGATIVE_INFINITY;

  constructor(options: { users: RedisUserIndex; unfinished: RedisUnfinishedIndex; timing: Timing }) {
    this.users = options.users;
    this.unfinished = options.unfinished;
    this.#timing = options.timing;
  }

  /** Of a record that was stored just now. A heartbeat changes no entry. */
  async put(record: JobRecord): Promise<void> {
    const { jobId, status } = record.snapshot;
    const listed = this.#listedLately.get(jobId);
    if (listed === versionOf(record)) return;
    const isUnfinishedChanged = listed === undefined || isFinal(status);
    await Promise.all([this.users.put(record), isUnfinishedChanged && this.unfinished.put(record)]);
    this.#remember(record);
  }

  /** Of records that were read. Of more than 10,000 unfinished jobs a minute the others are not repaired in this one. */
  async repair(records: readonly (JobRecord | undefined)[]): Promise<void> {
    const listed = this.#listedLately;
    const due = records.filter((record) => record !== undefined && !isFinal(record.snapshot.status) && !listed.has(record.snapshot.jobId));
    const toList = (due as JobRecord[]).slice(0, MOST_REMEMBERED - listed.size);
    await Promise.all(toList.map(async (record) => {
      await Promise.all([this.users.put(record), this.unfinished.put(record)]);
      this.#remember(record);
    }));
  }

  get #listedLately(): ReadonlyMap<string, string> {
    const now = this.#timing.monotonic();
    if (now - this.#minuteBegan >= LISTED_AGAIN_MS) {
      this.#listed.clear();
      this.#minuteBegan = now;
    }
    return this.#listed;
  }

  #remember(record: JobRecord): void {
    const { jobId, status } = record.snapshot;
    if (isFinal(status)) this.#listed.delete(jobId);
    else if (this.#listed.size < MOST_REMEMBERED || this.#listed.has(jobId)) this.#listed.set(jobId, versionOf(record));
  }
}

/** An id may change hands; a heartbeat makes no other version. */
const versionOf = ({ userId, changedAt }: JobRecord): string => `${changedAt} ${userId}`;
