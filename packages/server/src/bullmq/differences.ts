/** More are found again in a later cycle. */
const MAX_DIFFERENCES = 10_000;

interface Difference {
  /** Which difference it is. Another one begins anew. */
  readonly kind: string;
  /** Since when, on the monotonic clock. */
  readonly since: number;
  readonly lastsMs: number;
}

/** The records that differ from their queue, and since when each does in the same way. */
export class Differences {
  readonly #byJob = new Map<string, Difference>();

  /** Those that have lasted long enough to be reported, if they are still there. */
  due(now: number): string[] {
    return [...this.#byJob].filter(([, { since, lastsMs }]) => now - since >= lastsMs).map(([jobId]) => jobId);
  }

  /** Whether a difference that is seen now has lasted for `lastsMs`. */
  hasLasted(jobId: string, kind: string, lastsMs: number, now: number): boolean {
    const known = this.#byJob.get(jobId);
    if (known?.kind === kind) return now - known.since >= lastsMs;
    if (known !== undefined || this.#byJob.size < MAX_DIFFERENCES) this.#byJob.set(jobId, { kind, since: now, lastsMs });
    return false;
  }

  delete(jobId: string): void {
    this.#byJob.delete(jobId);
  }
}
