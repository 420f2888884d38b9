import { compareVersions, isFinal, RANK, termOf, type AnyJobSnapshot, type JobVersion } from '@notes/job-events-protocol';
import { standingRecord, type JobState } from '../../src/store/job-state.js';
import type { JobRecord } from '../../src/store/job-record.js';
import { endOf } from './model-client.js';

/** Sees what happens in a world and writes down which promises were broken. */
export class Witness {
  readonly broken = new Set<string>();
  /** The terminal states that were stored, by term, attempt and status. */
  readonly storedEnds = new Set<string>();
  /** The epoch of the run that began last, as far as the store can know. */
  lastRun = 0;
  /** What has happened, of what is not a fault but rare. */
  readonly seen = new Set<'next step' | 'put back' | 'began anew' | 'reconciled' | 'worker lost'>();
  /** Of the jobs that the queue was given under one id: which one it has now, and about which one the last cancellation was. */
  queueJob = 1;
  cancelledQueueJob = 0;
  /** Epochs under which runs have spoken. */
  readonly runs = new Set<number>();
  /** The greatest version that the store had or that was broadcast. */
  #greatest: JobVersion = [1, 0, 0, 1, 0];
  #greatestEpoch = 0;
  /** The greatest version when the store lost states last. */
  #atLoss: JobVersion | undefined;
  /** It lost states, and nothing newer has been stored since. */
  isBehind = false;

  accuse(promise: string): void {
    this.broken.add(promise);
  }

  /** The greatest number that the store has handed out or stamped by its clock. */
  get greatestTerm(): number {
    return Math.max(termOf(this.#greatest), this.#greatestEpoch);
  }

  handedOut(epoch: number): void {
    this.#greatestEpoch = Math.max(this.#greatestEpoch, epoch);
  }

  get hasLost(): boolean {
    return this.#atLoss !== undefined;
  }

  runBegan({ version }: AnyJobSnapshot): void {
    this.runs.add(version[2]);
    this.lastRun = version[2];
    if (this.isBehind) this.seen.add('began anew');
  }

  said({ version }: AnyJobSnapshot): void {
    if (compareVersions(version, this.#greatest) > 0) this.#greatest = version;
  }

  /** The store has lost states: what it knows now is this. */
  lost(state: JobState): void {
    this.#atLoss = this.#greatest;
    this.isBehind = true;
    this.lastRun = Math.max(state.fence?.run ?? 0, standingRecord(state)?.run?.epoch ?? 0);
  }

  stored(before: JobRecord | undefined, after: JobRecord | undefined): void {
    if (after === undefined || after.snapshot === before?.snapshot) return;
    const { version, status, stage } = after.snapshot;
    if (before !== undefined && compareVersions(version, before.snapshot.version) < 0) this.accuse('what was stored is older than what was');
    this.said(after.snapshot);
    // What is stored before it is broadcast has to be newer than what was lost.
    const isNew = before === undefined || compareVersions(version, before.snapshot.version) > 0;
    const isStoredFirst = version[1] !== RANK.going || version[3] === 1 || status === 'queued';
    if ((isNew && isStoredFirst) || compareVersions(version, this.#greatest) >= 0) this.isBehind = false;
    if (status === 'cancelled' && before?.snapshot.status !== 'cancelled') this.cancelledQueueJob = this.queueJob;
    if (isFinal(status)) this.storedEnds.add(endOf(after.snapshot)!);
    if (this.#isZombie(after.snapshot)) this.accuse('a run that was overtaken was believed');
    if (before === undefined) return;
    if (before.run !== undefined && version[1] === 0 && stage.startsWith('OUTSIDE') && before.snapshot.stage !== stage) this.accuse('progress from outside disturbed a run');
    if (status === 'queued' && before.snapshot.status !== 'queued') this.seen.add(isFinal(before.snapshot.status) ? 'put back' : 'next step');
    // Who spoke before the loss knows of what the store has lost.
    if (this.#atLoss !== undefined) return;
    if (status === 'queued' && before.snapshot.status !== 'queued' && !this.#mayBeQueued(before.snapshot, after.snapshot)) this.accuse('a job that had begun is queued again');
    if (before.snapshot.status === 'cancelled' && status !== 'queued' && !isOfLaterQueueJob(before, after)) this.accuse('a cancelled job was reopened');
    if (isFinal(before.snapshot.status) && version[0] <= before.snapshot.version[0]) this.accuse('an end was replaced');
  }

  /** A client's view has changed. */
  shown(before: AnyJobSnapshot | undefined, after: AnyJobSnapshot): void {
    if (before === undefined) return;
    const isSameAttempt = before.version[0] === after.version[0];
    if (isSameAttempt && !isFinal(before.status) && after.status !== 'completed' && after.progress < before.progress) this.accuse('progress was seen to fall');
    if (this.#atLoss !== undefined) return;
    if (after.version[0] < before.version[0]) this.accuse('an earlier attempt was shown again');
    if (after.status === 'queued' && before.status !== 'queued' && !this.#mayBeQueued(before, after)) this.accuse('a job that had begun was shown as queued again');
  }

  /** A run has left it to its next step, or it was put back as a later attempt. */
  #mayBeQueued(before: AnyJobSnapshot, { version: [attempt, , epoch] }: AnyJobSnapshot): boolean {
    return this.runs.has(epoch) || attempt > before.version[0];
  }

  #isZombie({ version: [, , epoch] }: AnyJobSnapshot): boolean {
    return this.runs.has(epoch) && epoch < this.lastRun;
  }
}

const isOfLaterQueueJob = (before: JobRecord, after: JobRecord): boolean =>
  before.queueJob !== undefined && after.queueJob !== undefined && before.queueJob.createdAt < after.queueJob.createdAt;
