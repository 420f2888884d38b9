import { isFinal, termOf } from '@notes/job-events-protocol';
import { Remembered } from '../remembered.js';
import type { JobRecord } from '../store/job-record.js';
import type { Timing } from '../timing.js';
import type { RedisUnfinishedIndex } from './redis-unfinished-index.js';
import type { RedisUserIndex } from './redis-user-index.js';

/** Whatever happens to a job, all its entries are written again at most this often. */
export const LISTED_AGAIN_MS = 60_000;
const MOST_REMEMBERED = 10_000;

interface Listed {
  readonly version: string;
  readonly run: string;
}

/**
 * Writes the entries of records in both indexes: those that a record changes, and all of them once a minute while the job
 * is written to or read. So an index that Redis has evicted comes back.
 *
 * A record and its entries lie in different hash slots, so they are two commands, and the second may fail alone. Whoever
 * repeats the call, or reads the job by its id, writes the entries that are missing.
 */
export class RedisIndexes {
  readonly users: RedisUserIndex;
  readonly unfinished: RedisUnfinishedIndex;
  readonly #timing: Timing;
  /** Unfinished jobs that this process has written entries of in the current minute. */
  readonly #listed = new Map<string, Listed>();
  /** The same of ended ones: a version for each job. */
  #ended = new Remembered<string>(MOST_REMEMBERED);
  /** Jobs that may be stored without their entries. */
  readonly #owed = new Remembered<true>(MOST_REMEMBERED);
  #minuteBegan = Number.NEGATIVE_INFINITY;

  constructor(options: { users: RedisUserIndex; unfinished: RedisUnfinishedIndex; timing: Timing }) {
    this.users = options.users;
    this.unfinished = options.unfinished;
    this.#timing = options.timing;
  }

  /** Of a record that was stored just now. A heartbeat changes no entry. */
  async put(record: JobRecord): Promise<void> {
    this.#beginMinute();
    const listed = this.#listed.get(record.snapshot.jobId);
    if (listed?.version === versionOf(record)) return;
    // Another process may have taken the entry of an earlier run out when that ended.
    const isUnfinishedChanged = isFinal(record.snapshot.status) || listed?.run !== runOf(record);
    await Promise.all([this.users.put(record), isUnfinishedChanged && this.unfinished.put(record)]);
    this.#remember(record);
  }

  /** The call that was to store the job failed: nobody knows whether the record is stored, and whether its entries are. */
  owe(jobId: string): void {
    this.#owed.set(jobId, true);
  }

  /**
   * Of records that somebody decides on. Rejects when an entry that is missing cannot be written: then the caller tries
   * again, as after the failure that left it out.
   */
  async settle(records: readonly JobRecord[]): Promise<void> {
    this.#beginMinute();
    await this.#relist(records.filter((record) => this.#owed.has(record.snapshot.jobId) || this.#isEndUnlisted(record)));
  }

  /**
   * Of records that were read by their ids, or of unfinished ones that were found in a list. Of more than 10,000
   * unfinished jobs a minute the others are not repaired in this one.
   */
  async repair(records: readonly JobRecord[]): Promise<void> {
    this.#beginMinute();
    const unfinished = records.filter(({ snapshot }) => !isFinal(snapshot.status) && !this.#listed.has(snapshot.jobId));
    const ended = records.filter((record) => this.#isEndUnlisted(record));
    await this.#relist([...unfinished.slice(0, MOST_REMEMBERED - this.#listed.size), ...ended]);
  }

  async #relist(records: readonly JobRecord[]): Promise<void> {
    await Promise.all(records.map(async (record) => {
      await Promise.all([this.users.putLate(record), this.unfinished.put(record)]);
      this.#remember(record);
    }));
  }

  #isEndUnlisted(record: JobRecord): boolean {
    return isFinal(record.snapshot.status) && this.#ended.get(record.snapshot.jobId) !== versionOf(record);
  }

  #beginMinute(): void {
    const now = this.#timing.monotonic();
    if (now - this.#minuteBegan < LISTED_AGAIN_MS) return;
    this.#listed.clear();
    this.#ended = new Remembered(MOST_REMEMBERED);
    this.#minuteBegan = now;
  }

  #remember(record: JobRecord): void {
    const { jobId, status } = record.snapshot;
    this.#owed.delete(jobId);
    if (isFinal(status)) {
      this.#listed.delete(jobId);
      this.#ended.set(jobId, versionOf(record));
    } else if (this.#listed.size < MOST_REMEMBERED || this.#listed.has(jobId)) {
      this.#listed.set(jobId, { version: versionOf(record), run: runOf(record) });
    }
  }
}

/** An id may change hands; a heartbeat makes no other version. */
const versionOf = ({ userId, changedAt }: JobRecord): string => `${changedAt} ${userId}`;

/** What a progress leaves as it is, and a job that begins anew does not. */
const runOf = ({ userId, snapshot: { version } }: JobRecord): string => `${version[2]} ${termOf(version)} ${userId}`;
