import { isFinal } from '@notes/job-events-protocol';
import type { NotDecided, StateWrite, WriteResult } from '../store/job-store.js';
import type { Timing } from '../timing.js';

/** Longer than Sentinel takes to notice that a primary is gone, or to demote one that was replaced. */
const KEPT_MS = 30_000;
const MOST_KEPT = 2_000;

/**
 * The ends that Redis acknowledged last. It replicates afterwards: a replica that takes over may never have had them, so
 * they are written again after each loss of the connection, under the versions that they have.
 */
export class RecentEnds {
  readonly #timing: Timing;
  readonly #expireAfterMs: number;
  readonly #ends = new Map<string, { readonly write: StateWrite; readonly at: number }>();

  /** `finishedForMs`: an end that has expired meanwhile is not written again. */
  constructor(timing: Timing, finishedForMs: number) {
    this.#timing = timing;
    this.#expireAfterMs = finishedForMs;
  }

  /** Keeps those writes that are ends and were stored. */
  keep(writes: readonly StateWrite[], results: readonly (WriteResult | NotDecided)[]): void {
    const at = this.#timing.monotonic();
    writes.forEach((write, index) => {
      const { jobId, status } = write.snapshot;
      // The latest stands last.
      this.#ends.delete(jobId);
      if (results[index]?.outcome === 'stored' && isFinal(status)) this.#ends.set(jobId, { write, at });
    });
    this.#dropBefore(at - KEPT_MS);
  }

  /** Those that may be missing after a connection that was lost at `lostAt`. */
  acknowledgedBefore(lostAt: number): readonly StateWrite[] {
    this.#dropBefore(Math.max(lostAt - KEPT_MS, this.#timing.monotonic() - this.#expireAfterMs));
    return [...this.#ends.values()].map(({ write }) => write);
  }

  #dropBefore(time: number): void {
    for (const [jobId, { at }] of this.#ends) {
      if (at >= time && this.#ends.size <= MOST_KEPT) return;
      this.#ends.delete(jobId);
    }
  }
}
