import { Remembered } from '../remembered.js';
import type { Timing } from '../timing.js';

const REMEMBERED = 10_000;

/** When something last happened to each job; of the jobs that it happened to last. */
export class RecentTimes {
  readonly #timing: Timing;
  readonly #times = new Remembered<number>(REMEMBERED);

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  set(jobId: string): void {
    this.#times.set(jobId, this.#timing.monotonic());
  }

  has(jobId: string): boolean {
    return this.#times.has(jobId);
  }

  isWithin(jobId: string, ms: number): boolean {
    const time = this.#times.get(jobId);
    return time !== undefined && this.#timing.monotonic() - time < ms;
  }
}
