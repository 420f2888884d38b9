import { realTiming, type Timing } from '../src/timing.js';

/** The real clock, which a test may move forward. Timers do not hear of that. */
export class ShiftedTiming implements Timing {
  #ahead = 0;

  now = (): number => realTiming.now() + this.#ahead;

  monotonic = (): number => realTiming.monotonic() + this.#ahead;

  setTimeout: Timing['setTimeout'] = realTiming.setTimeout;

  clearTimeout: Timing['clearTimeout'] = realTiming.clearTimeout;

  shift(ms: number): void {
    this.#ahead += ms;
  }
}
