import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { JobRecord } from '../store/job-record.js';
import type { JobStore } from '../store/job-store.js';
import type { Timing } from '../timing.js';
import type { AnswerBudget } from './answer-budget.js';
import type { ListCursor } from './list-cursor.js';

/** A transaction may become visible this much after the time it is stamped with. */
const COMMIT_LAG_MS = 2_000;
/** The store is asked for its time at most this often. An older reading only makes more be sent again. */
const TIME_TRUSTED_MS = 1_000;
/** As far as the changes of one millisecond are read in one go. */
const MOST_AT_ONCE = 20_000;
/** Above every job. */
const TOP = { createdAt: '9999-12-31T23:59:59.999Z', jobId: '_' };

export interface ListReading {
  readonly cursor: ListCursor;
  readonly more: boolean;
}

interface ListRequest {
  readonly userId: string;
  readonly answer: AnswerBudget;
  readonly wanted: (job: AnyJobSnapshot) => boolean;
  readonly onRead: (jobs: number) => void;
}

/**
 * Reads a user's jobs, page by page, and then only what changed: for `subscribe`, `sync` and `GET {prefix}?cursor=`. What a
 * store lists of somebody else is left out, and goes to `onError` once.
 */
export class UserJobList {
  readonly #store: JobStore;
  readonly #retentionMs: number;
  readonly #timing: Timing;
  readonly #onError: OnError;
  #isForeignReported = false;
  #storeTime: { readonly readAt: number; readonly value: Promise<number> } | undefined;

  constructor(options: { store: JobStore; retentionMs: number; timing: Timing; onError: OnError }) {
    this.#store = options.store;
    this.#retentionMs = options.retentionMs;
    this.#timing = options.timing;
    this.#onError = options.onError;
  }

  /**
   * Puts the next part into the answer: pages of the listing, which begins where there is no cursor, to its end; from
   * then on what changed since it began. `wanted` leaves out what the client has already. `onRead` is called with the
   * number of jobs that the store returned, each time that it was asked.
   *
   * A store that went back, with its clock, is behind the cursors it gave out: nobody knows what changed in it meanwhile,
   * and the listing begins anew.
   */
  async read(
    userId: string,
    cursor: ListCursor | undefined,
    answer: AnswerBudget,
    wanted: (job: AnyJobSnapshot) => boolean = () => true,
    onRead: (jobs: number) => void = () => {},
  ): Promise<ListReading> {
    const request: ListRequest = { userId, answer, wanted, onRead };
    // Read before anything else: what changes from here on belongs to the next reading.
    const now = await this.#nowAfter(cursor?.since ?? 0);
    if (cursor === undefined || (cursor.since > now && cursor.afterJobId === undefined)) return this.#readPage(request, { since: now }, now);
    return cursor.below === undefined ? this.#readChanges(request, cursor, now) : this.#readPage(request, cursor, now);
  }

  async #readPage({ userId, answer, wanted, onRead }: ListRequest, cursor: ListCursor, now: number): Promise<ListReading> {
    const limit = answer.room + 1;
    const finishedAfter = now - this.#retentionMs;
    const { below } = cursor;
    const records = await this.#store.listByCreation({ userId, finishedAfter, limit, ...(below && { before: below }) });
    onRead(records.length);
    let last = below ?? TOP;
    for (const record of records) {
      const { snapshot } = record;
      const isWanted = this.#isOwn(record, userId) && wanted(snapshot);
      if (isWanted && !answer.add(snapshot)) return { cursor: { ...cursor, below: last }, more: true };
      last = { createdAt: snapshot.createdAt, jobId: snapshot.jobId };
    }
    const more = records.length === limit;
    return { cursor: { since: cursor.since, ...(more && { below: last }) }, more };
  }

  async #readChanges(request: ListRequest, cursor: ListCursor, now: number): Promise<ListReading> {
    const { userId, answer, wanted } = request;
    const { records, complete } = await this.#changedRecords(request, cursor);
    let position: ListCursor = cursor;
    for (const record of records) {
      const { snapshot, changedAt } = record;
      const isWanted = this.#isOwn(record, userId) && wanted(snapshot);
      if (isWanted && !answer.add(snapshot)) return { cursor: position, more: true };
      position = { since: changedAt, afterJobId: snapshot.jobId };
    }
    if (!complete) return { cursor: position, more: true };
    // Amid a long reading the store's clock may be behind what it reads: what changed meanwhile is in the next listing.
    return { cursor: { since: now, ...(cursor.since > now && { below: TOP }) }, more: false };
  }

  /** In the order of `(changedAt, jobId)`, from the cursor on; never a part of what changed in one millisecond. */
  async #changedRecords(
    { userId, answer, onRead }: ListRequest,
    { since, afterJobId }: ListCursor,
  ): Promise<{ records: readonly JobRecord[]; complete: boolean }> {
    const changedSince = afterJobId === undefined ? since - COMMIT_LAG_MS : since;
    const isAhead = ({ changedAt, snapshot }: JobRecord): boolean =>
      afterJobId === undefined || changedAt > since || snapshot.jobId > afterJobId;
    for (let limit = answer.room + 2; ; limit *= 4) {
      const found = await this.#store.listChanged({ userId, changedSince, limit });
      onRead(found.length);
      if (found.length < limit) return { records: found.filter(isAhead).sort(byChange), complete: true };
      const last = found.at(-1)?.changedAt ?? 0;
      const whole = found.filter((record) => record.changedAt < last && isAhead(record));
      if (whole.length > 0 || limit > MOST_AT_ONCE) return { records: whole.sort(byChange), complete: false };
    }
  }

  /** A store that conforms lists nothing else. One that does not must not cost anybody's privacy. */
  #isOwn(record: JobRecord, userId: string): boolean {
    if (record.userId === userId) return true;
    const { jobId } = record.snapshot;
    const message = `The store listed job ${jobId} for a user who does not own it; it is left out. Run jobStoreCases of @notes/job-events-server/testing on this store.`;
    if (!this.#isForeignReported) this.#onError(new JobEventsServerError('STORE_FAILED', message, { jobId }));
    this.#isForeignReported = true;
    return false;
  }

  /** The store's time. A reading that is behind `since` may be an old one. */
  async #nowAfter(since: number): Promise<number> {
    const now = await this.#now();
    if (now >= since) return now;
    this.#storeTime = undefined;
    return this.#now();
  }

  #now(): Promise<number> {
    const readAt = this.#timing.monotonic();
    if (this.#storeTime !== undefined && readAt - this.#storeTime.readAt < TIME_TRUSTED_MS) return this.#storeTime.value;
    const value = this.#store.now();
    this.#storeTime = { readAt, value };
    value.catch(() => (this.#storeTime = undefined));
    return value;
  }
}

const byChange = (a: JobRecord, b: JobRecord): number =>
  a.changedAt - b.changedAt || (a.snapshot.jobId < b.snapshot.jobId ? -1 : 1);
