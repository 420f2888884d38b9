import type { AnyJobSnapshot } from '@notes/job-events-protocol';

import type { JobRecord, JobStore } from '../store/job-store.js';
import type { Timing } from '../timing.js';
import type { BridgedJob, Reporter } from './bridged-queue.js';
import { correctionOf, isLaterJob, type Correction, type QueueFact } from './reconcile-decision.js';
import { readQueueJob, type JobSource } from './read-queue-job.js';

/** A living run sends a heartbeat every 5 s; its record is not looked at. */
const UNTOUCHED_MS = 6_000;
/** A difference is reported once it has lasted so long: a living process reports its own ends within 2 s of the store's return. */
const LASTS_MS = 4_000;
/** The same for a job that the queue no longer has although it was active: the end may be on its way. */
const VANISHED_LASTS_MS = 8_000;
const PAGE = 500;
/** Records that are compared in one pass; the next pass goes on after them. */
const MAX_RECORDS = 5_000;
/** Waiting jobs that are looked up in one pass, those not looked up for longest first. */
const MAX_WAITING = 200;
const PARALLEL = 20;

export interface RecordReconcilerOptions {
  readonly store: JobStore;
  readonly reporter: Reporter;
  /** The queue's name with BullMQ's prefix, as `queueJobOf` names it. */
  readonly queueName: string;
  readonly timing: Timing;
  readonly onError: (error: unknown, jobId: string) => void;
}

/** Ends from its queue what a store shows as unfinished. */
export class RecordReconciler {
  readonly #options: RecordReconcilerOptions;
  /** Since when a record differs from its queue in the same way, on the monotonic clock. */
  #differs = new Map<string, { readonly how: string; readonly since: number }>();
  #lookedUp = new Map<string, number>();
  #after: { readonly touchedAt: number; readonly jobId: string } | undefined;

  constructor(options: RecordReconcilerOptions) {
    this.#options = options;
  }

  /** One pass over the records that the queue is the truth of. */
  async reconcile(queue: JobSource<BridgedJob>): Promise<void> {
    const { timing } = this.#options;
    const records = await this.#unfinished();
    const now = timing.monotonic();
    const waits = records.filter(({ snapshot }) => snapshot.status !== 'active').sort((a, b) => this.#lastLook(a) - this.#lastLook(b));
    const looked = [...records.filter(({ snapshot }) => snapshot.status === 'active'), ...waits.slice(0, MAX_WAITING)];
    for (let start = 0; start < looked.length; start += PARALLEL) {
      await Promise.all(looked.slice(start, start + PARALLEL).map((record) => this.#compare(queue, record, now)));
    }
    const listed = new Set(records.map(({ snapshot }) => snapshot.jobId));
    this.#lookedUp = new Map([...this.#lookedUp].filter(([jobId]) => listed.has(jobId)));
    if (this.#after === undefined) this.#differs = new Map([...this.#differs].filter(([, { since }]) => now - since < 60_000));
  }

  /** Reports at once what the queue says of the job of a record: its removal was seen. */
  async reportRemoved(jobId: string, createdAt: number): Promise<void> {
    const [record] = await this.#options.store.get([jobId]);
    if (record === undefined || (record.queueJob !== undefined && record.queueJob.createdAt !== createdAt)) return;
    const correction = correctionOf(record, { kind: 'gone' });
    if (correction.kind === 'cancelled') await this.#report(record, correction);
  }

  async #unfinished(): Promise<JobRecord[]> {
    const { store, queueName } = this.#options;
    const records: JobRecord[] = [];
    while (records.length < MAX_RECORDS) {
      const page = await store.listUnfinished({ untouchedForMs: UNTOUCHED_MS, limit: PAGE, queue: queueName, ...(this.#after && { after: this.#after }) });
      records.push(...page);
      const last = page.at(-1);
      this.#after = page.length < PAGE || last === undefined ? undefined : { touchedAt: last.touchedAt, jobId: last.snapshot.jobId };
      if (this.#after === undefined) break;
    }
    return records;
  }

  #lastLook({ snapshot }: JobRecord): number {
    return this.#lookedUp.get(snapshot.jobId) ?? 0;
  }

  async #compare(queue: JobSource<BridgedJob>, record: JobRecord, now: number): Promise<void> {
    const { jobId } = record.snapshot;
    try {
      this.#lookedUp.set(jobId, now);
      const correction = correctionOf(record, await factOf(queue, record));
      if (this.#hasLasted(record.snapshot, correction, now)) await this.#report(record, correction);
    } catch (error) {
      this.#options.onError(error, jobId);
    }
  }

  #hasLasted({ jobId, version }: AnyJobSnapshot, correction: Correction, now: number): boolean {
    if (correction.kind === 'none') {
      this.#differs.delete(jobId);
      return false;
    }
    const how = `${correction.kind} ${version.join()}`;
    const known = this.#differs.get(jobId);
    if (known?.how !== how) {
      this.#differs.set(jobId, { how, since: now });
      return false;
    }
    const isVanished = correction.kind === 'failed' && 'error' in correction.failure && correction.failure.error.code === 'VANISHED';
    return now - known.since >= (isVanished ? VANISHED_LASTS_MS : LASTS_MS);
  }

  /** Says it of the attempt that was read, so that a later one is not touched. */
  async #report({ userId, snapshot }: JobRecord, correction: Correction): Promise<void> {
    const { reporter } = this.#options;
    const { jobId, type, version } = snapshot;
    const about = { jobId, userId, ...(type !== undefined && { type }), attempt: version[0] };
    switch (correction.kind) {
      case 'completed':
        return void (await reporter.emitCompleted({ ...about, ...at(correction.finishedOn), result: correction.result, unfitResult: 'leave-out' }));
      case 'failed':
        return void (await reporter.emitFailed({ ...about, ...at(correction.finishedOn), ...correction.failure }));
      case 'retrying':
        return void (await reporter.emitFailed({ ...about, ...correction.failure, willRetry: true }));
      case 'queued':
        return void (await reporter.emitQueued({ ...about, requeue: true }));
      case 'cancelled':
        return void (await reporter.emitCancelled(about));
      case 'none':
        return undefined;
    }
  }
}

async function factOf(queue: JobSource<BridgedJob>, { queueJob }: JobRecord): Promise<QueueFact> {
  // Listed by its queue, so it has one.
  const { id, createdAt } = queueJob!;
  const found = await readQueueJob(queue, id);
  return found === undefined || isLaterJob(createdAt, found.job) ? { kind: 'gone' } : { kind: 'found', ...found };
}

const at = (finishedOn: number | undefined): { readonly timestamp?: string } => (finishedOn === undefined ? {} : { timestamp: new Date(finishedOn).toISOString() });
