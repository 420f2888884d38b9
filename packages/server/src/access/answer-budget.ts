import { LIMITS, type AnyJobSnapshot } from '@notes/job-events-protocol';

/** Fills one list answer: at most 200 snapshots and 128 KiB, each job once (specification, section 2). */
export class AnswerBudget {
  readonly #snapshots = new Map<string, AnyJobSnapshot>();
  #bytes = 0;

  get snapshots(): readonly AnyJobSnapshot[] {
    return [...this.#snapshots.values()];
  }

  /** How many more may fit. */
  get room(): number {
    return this.#bytes >= LIMITS.listBytes ? 0 : LIMITS.listSnapshots - this.#snapshots.size;
  }

  /** `false`: it does not fit any more. The first always fits, so that every answer goes forward. */
  add(snapshot: AnyJobSnapshot): boolean {
    if (this.#snapshots.has(snapshot.jobId)) return true;
    const bytes = Buffer.byteLength(JSON.stringify(snapshot)) + 1;
    if (this.#snapshots.size > 0 && (this.room === 0 || this.#bytes + bytes > LIMITS.listBytes)) return false;
    this.#snapshots.set(snapshot.jobId, snapshot);
    this.#bytes += bytes;
    return true;
  }
}
