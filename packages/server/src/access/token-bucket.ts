import type { Timing } from '../timing.js';

/** Lets through `perSecond` on average and `burst` at once. */
export class TokenBucket {
  #tokens: number;
  #filledAt: number;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #timing: Timing;

  constructor(options: { perSecond: number; burst: number; timing: Timing }) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#timing = options.timing;
    this.#tokens = options.burst;
    this.#filledAt = options.timing.now();
  }

  get isFull(): boolean {
    this.#fill();
    return this.#tokens >= this.#burst;
  }

  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(): void {
    const now = this.#timing.now();
    // A clock that was set back fills nothing, and takes nothing away.
    const seconds = Math.max(0, now - this.#filledAt) / 1_000;
    this.#filledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#perSecond);
  }
}
