import type { Timing } from '../timing.js';

/**
 * A clock for a store that has none of its own: the wall time at its creation, carried on by the monotonic clock. A step
 * of the wall clock does not move it, so epochs keep growing and cursors, leases and retention stay valid.
 */
export class SteadyClock {
  readonly #timing: Timing;
  readonly #origin: number;

  constructor(timing: Timing) {
    this.#timing = timing;
    this.#origin = timing.now() - timing.monotonic();
  }

  /** Whole milliseconds since 1970. */
  now(): number {
    return Math.floor(this.#origin + this.#timing.monotonic());
  }
}
