import { isFinal } from '@notes/job-events-protocol';

import { touchedAt } from '../store/job-state.js';
import type { JobRecord } from '../store/job-record.js';
import type { JobStore, UnfinishedQuery } from '../store/job-store.js';
import { answerWithin, type Timing } from '../timing.js';
import type { BridgedJob, Reporter } from './bridged-queue.js';
import { Differences } from './differences.js';
import { correctionOf, decidesAbout, isLaterJob, removalOf, type Correction, type QueueFact } from './reconcile-decision.js';
import { readQueueJob, type JobSource } from './read-queue-job.js';
import { reportCorrection } from './report-correction.js';
import type { WaitingJob } from './waiting-jobs.js';

/** A living run sends a heartbeat every 5 s; its record is not looked at. */
const UNTOUCHED_MS = 6_000;
/** A difference is reported once it has lasted so long: a living process reports its own ends within 2 s of the store's return. */
const LASTS_MS = 4_000;
/** The same for a job that the queue no longer has although it was active: the end may be on its way. */
const VANISHED_LASTS_MS = 8_000;
const PAGE = 500;
/** Records that are compared in one pass. The next pass goes on after them, until the cycle is complete and begins again. */
const MAX_RECORDS = 3_000;
const PARALLEL = 50;
/** What takes longer stops the pass. */
const ANSWER_MS = 5_000;

export interface RecordReconcilerOptions {
  readonly store: JobStore;
  readonly reporter: Reporter;
  /** The queue's name with BullMQ's prefix, as `queueJobOf` names it. */
  readonly queueName: string;
  readonly timing: Timing;
  readonly onError: (error: unknown, jobId: string) => void;
  /** How long a job has to be gone from its queue. Default: 8,000 for one that was active, else 4,000. */
  readonly goneLastsMs?: number | undefined;
}

/** Ends from its queue what a store shows as unfinished. */
export class RecordReconciler {
  readonly #options: RecordReconcilerOptions;
  readonly #differences = new Differences();
  /** Where the cycle goes on; `undefined` at its beginning. */
  #after: UnfinishedQuery['after'];

  constructor(options: RecordReconcilerOptions) {
    this.#options = options;
  }

  /**
   * One pass: first the records that differed before, then the next ones of the cycle. `mayGoOn` is asked between reads and
   * before each report. Rejects where the store or the queue does not answer.
   */
  async reconcile(queue: JobSource<BridgedJob>, mayGoOn: () => boolean = () => true): Promise<void> {
    await this.#compareDifferent(queue, mayGoOn);
    for (let compared = 0; compared < MAX_RECORDS && mayGoOn(); compared += PAGE) {
      const page = await this.#answer(this.#options.store.listUnfinished(this.#query()));
      if (!(await this.#compareAll(queue, page, mayGoOn))) return;
      const last = page.at(-1);
      this.#after = page.length < PAGE || last === undefined ? undefined : { touchedAt: last.touchedAt, jobId: last.snapshot.jobId };
      if (this.#after === undefined) return;
    }
  }

  /** Reports at once that a waiting job was removed, if it is the job of the queue that decides about the record. */
  async reportRemoved(removed: WaitingJob): Promise<void> {
    const { store, reporter } = this.#options;
    const [record] = await this.#answer(store.get([removed.jobId]));
    if (record === undefined || !decidesAbout(removed, record)) return;
    const correction = removalOf(record);
    if (correction.kind !== 'none') await reportCorrection(reporter, { ...record, queueJob: removed.queueJob }, correction);
  }

  #query(): UnfinishedQuery {
    return { untouchedForMs: UNTOUCHED_MS, limit: PAGE, queue: this.#options.queueName, ...(this.#after && { after: this.#after }) };
  }

  async #compareDifferent(queue: JobSource<BridgedJob>, mayGoOn: () => boolean): Promise<void> {
    const due = this.#differences.due(this.#options.timing.monotonic()).slice(0, MAX_RECORDS);
    for (let start = 0; start < due.length && mayGoOn(); start += PAGE) {
      const jobIds = due.slice(start, start + PAGE);
      const [records, storeNow] = await this.#answer(Promise.all([this.#options.store.get(jobIds), this.#options.store.now()]));
      // A run that sends heartbeats reports its end itself.
      const isAbandoned = (record: JobRecord | undefined): record is JobRecord =>
        record?.queueJob !== undefined && !isFinal(record.snapshot.status) && storeNow - touchedAt(record) >= UNTOUCHED_MS;
      const abandoned = records.filter(isAbandoned);
      const kept = new Set(abandoned.map(({ snapshot }) => snapshot.jobId));
      for (const jobId of jobIds) if (!kept.has(jobId)) this.#differences.delete(jobId);
      await this.#compareAll(queue, abandoned, mayGoOn);
    }
  }

  /** Resolves to whether all were compared. */
  async #compareAll(queue: JobSource<BridgedJob>, records: readonly JobRecord[], mayGoOn: () => boolean): Promise<boolean> {
    for (let start = 0; start < records.length; start += PARALLEL) {
      if (!mayGoOn()) return false;
      const facts = await this.#answer(Promise.all(records.slice(start, start + PARALLEL).map((record) => this.#factOf(queue, record))));
      const now = this.#options.timing.monotonic();
      const lasting = facts.flatMap(({ record, fact }) => {
        const correction = fact === undefined ? NONE : correctionOf(record, fact);
        return this.#hasLasted(record, correction, fact?.kind === 'gone', now) ? [{ record, correction }] : [];
      });
      if (!mayGoOn()) return false;
      await Promise.all(lasting.map(({ record, correction }) => this.#report(record, correction)));
    }
    return true;
  }

  async #factOf(queue: JobSource<BridgedJob>, record: JobRecord): Promise<{ readonly record: JobRecord; readonly fact?: QueueFact }> {
    try {
      return { record, fact: await factOf(queue, record) };
    } catch (error) {
      this.#options.onError(error, record.snapshot.jobId);
      return { record };
    }
  }

  #hasLasted(record: JobRecord, correction: Correction, isGone: boolean, now: number): boolean {
    const { snapshot: { jobId, version }, queueJob } = record;
    if (correction.kind === 'none') {
      this.#differences.delete(jobId);
      return false;
    }
    const { goneLastsMs = correction.kind === 'failed' ? VANISHED_LASTS_MS : LASTS_MS } = this.#options;
    return this.#differences.hasLasted(jobId, `${correction.kind} ${version.join()} ${queueJob?.createdAt}`, isGone ? goneLastsMs : LASTS_MS, now);
  }

  async #report(record: JobRecord, correction: Correction): Promise<void> {
    const { jobId } = record.snapshot;
    try {
      await reportCorrection(this.#options.reporter, record, correction);
      this.#differences.delete(jobId);
    } catch (error) {
      this.#options.onError(error, jobId);
    }
  }

  #answer<Answer>(asked: Promise<Answer>): Promise<Answer> {
    return answerWithin(asked, ANSWER_MS, this.#options.timing, 'The queue or the store');
  }
}

const NONE: Correction = { kind: 'none' };

/** Of a record that is queued, nothing but an end or a removal is a difference: the state is not asked for. */
async function factOf(queue: JobSource<BridgedJob>, { snapshot, queueJob }: JobRecord): Promise<QueueFact> {
  // Listed by its queue, so it has one.
  const named = queueJob!;
  if (snapshot.status === 'queued') {
    const job = await queue.getJob(named.id);
    if (job === undefined || job === null) return { kind: 'gone' };
    if (!job.finishedOn && !isLaterJob(named.createdAt, job)) return { kind: 'found', state: 'waiting', job };
  }
  const found = await readQueueJob(queue, named.id);
  return found === undefined || isLaterJob(named.createdAt, found.job) ? { kind: 'gone' } : { kind: 'found', ...found };
}
