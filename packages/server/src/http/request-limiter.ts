import { TokenBucket } from '../access/token-bucket.js';
import type { Timing } from '../timing.js';

const MOST_USERS = 10_000;

/** How many HTTP requests each user makes, on this process. What it remembers is bounded. */
export class RequestLimiter {
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #options: { perSecond: number; burst: number; timing: Timing };

  constructor(options: { perSecond: number; burst: number; timing: Timing }) {
    this.#options = options;
  }

  take(userId: string): boolean {
    let bucket = this.#buckets.get(userId);
    if (bucket === undefined) {
      this.#forgetTheIdle();
      bucket = new TokenBucket(this.#options);
      this.#buckets.set(userId, bucket);
    }
    return bucket.take();
  }

  #forgetTheIdle(): void {
    if (this.#buckets.size < MOST_USERS) return;
    for (const [userId, bucket] of this.#buckets) if (bucket.isFull) this.#buckets.delete(userId);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size >= MOST_USERS && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
