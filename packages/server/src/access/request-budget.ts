import type { Timing } from '../timing.js';
import type { GatewayLimits } from './limits.js';
import { TokenBucket } from './token-bucket.js';
import { rateLimited, type WireFault } from './wire-fault.js';

/** What one client may ask for in a while: a number of requests, and a number of job states read for them. */
export class RequestBudget {
  readonly #requests: TokenBucket;
  readonly #reads: TokenBucket;

  constructor({ eventsPerSecond, eventBurst, readsPerSecond, readBurst }: GatewayLimits, timing: Timing) {
    this.#requests = new TokenBucket({ perSecond: eventsPerSecond, burst: eventBurst, timing });
    this.#reads = new TokenBucket({ perSecond: readsPerSecond, burst: readBurst, timing });
  }

  /** Nothing was asked for lately. */
  get isIdle(): boolean {
    return this.#requests.isFull;
  }

  /** Counts one request. Returns RATE_LIMITED where that is one too many. */
  refuseRequest(): WireFault | undefined {
    return this.#requests.take() ? undefined : rateLimited('Too many requests. Slow down.', this.#requests.waitMs);
  }

  /**
   * Before jobs are read by id, or `authorize` is asked about a user's.
   *
   * @throws WireFault RATE_LIMITED
   */
  takeReads(jobs: number): void {
    if (!this.#reads.take(jobs)) throw rateLimited('Too many jobs were asked for. Slow down.', this.#reads.waitMs);
  }

  /**
   * Reads a list: how many jobs that takes is known only afterwards, so it is let through while anything is left.
   * `read` calls `onRead` with the number of jobs that the store returned, each time that it asked.
   *
   * @throws WireFault RATE_LIMITED
   */
  async readList<Reading>(read: (onRead: (jobs: number) => void) => Promise<Reading>): Promise<Reading> {
    this.takeReads(0);
    return read((jobs) => this.#reads.spend(jobs));
  }
}
