import type { Timing } from '../timing.js';

export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly timing: Timing;
}

/**
 * Lets through `perSecond` on average and `burst` at once. A request that costs more than is left is let through while
 * anything is left: the bucket then owes the rest, and refuses until it is paid.
 */
export class TokenBucket {
  #tokens: number;
  #filledAt: number;
  readonly #options: TokenBucketOptions;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = options.timing.monotonic();
  }

  get isFull(): boolean {
    this.#fill();
    return this.#tokens >= this.#options.burst;
  }

  /** How long to wait, in ms, until {@link take} succeeds. */
  get waitMs(): number {
    this.#fill();
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#options.perSecond) * 1_000;
  }

  take(cost = 1): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.spend(cost);
    return true;
  }

  /** Takes what is known only afterwards. */
  spend(cost: number): void {
    this.#tokens -= cost;
  }

  #fill(): void {
    const now = this.#options.timing.monotonic();
    const seconds = (now - this.#filledAt) / 1_000;
    // Infinity a second, times nothing, would be no number.
    if (seconds === 0) return;
    this.#filledAt = now;
    this.#tokens = Math.min(this.#options.burst, this.#tokens + seconds * this.#options.perSecond);
  }
}
