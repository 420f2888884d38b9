import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { JobRecord } from '../../src/store/job-store.js';

/** Sees what happens in a world and writes down which promises were broken. */
export class Witness {
  readonly broken = new Set<string>();
  /** The ends that were stored, by attempt. */
  readonly storedEnds = new Map<number, AnyJobSnapshot>();
  /** The epoch of the run that began last. */
  lastRun = 0;
  /** What has happened, of what is not a fault but rare. */
  readonly seen = new Set<'next step' | 'put back'>();
  /** Epochs under which runs have spoken. */
  readonly runs = new Set<number>();

  accuse(promise: string): void {
    this.broken.add(promise);
  }

  runBegan({ version: [, , epoch] }: AnyJobSnapshot): void {
    this.runs.add(epoch);
    this.lastRun = epoch;
  }

  stored(before: JobRecord | undefined, after: JobRecord | undefined): void {
    if (after === undefined || after.snapshot === before?.snapshot) return;
    const { version, status, stage } = after.snapshot;
    if (isFinal(status)) this.storedEnds.set(version[0], after.snapshot);
    if (before === undefined) return;
    if (status === 'queued' && before.snapshot.status !== 'queued') this.seen.add(isFinal(before.snapshot.status) ? 'put back' : 'next step');
    if (status === 'queued' && before.snapshot.status !== 'queued' && !this.#mayBeQueued(before.snapshot, after.snapshot)) this.accuse('a job that had begun is queued again');
    if (before.snapshot.status === 'cancelled' && status !== 'queued') this.accuse('a cancelled job was reopened');
    if (isFinal(before.snapshot.status) && version[0] <= before.snapshot.version[0]) this.accuse('an end was replaced');
    if (this.#isZombie(after.snapshot)) this.accuse('a run that was overtaken was believed');
    if (before.run !== undefined && stage === 'OUTSIDE') this.accuse('progress from outside disturbed a run');
  }

  /** A client's view has changed. */
  shown(before: AnyJobSnapshot | undefined, after: AnyJobSnapshot): void {
    if (before === undefined) return;
    const isSameAttempt = before.version[0] === after.version[0];
    if (isSameAttempt && after.status !== 'completed' && after.progress < before.progress) this.accuse('progress was seen to fall');
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
