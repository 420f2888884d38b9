import { JobEventsServerError } from '../server-errors.js';
import type { OnError } from '../logger.js';
import type { Timing } from '../timing.js';
import { DeadlinePassed } from './deadline.js';
import { tryAgain, WireFault } from './wire-fault.js';

const REPORT_EVERY_MS = 1_000;

/**
 * Turns what a client's request failed with into what the client is told, and tells the operator where it is his to
 * know. Ten thousand clients ask on while a store is away, so that is told once a second, with the number of times.
 */
export class RequestFaults {
  readonly #timing: Timing;
  readonly #onError: OnError;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #unreported = 0;

  constructor(options: { timing: Timing; onError: OnError }) {
    this.#timing = options.timing;
    this.#onError = options.onError;
  }

  faultOf(error: unknown): WireFault {
    if (error instanceof DeadlinePassed) this.#report('STORE_UNAVAILABLE', 'The store did not answer a client in time', error);
    else if (!(error instanceof WireFault)) this.#report('STORE_FAILED', 'The store failed to answer a client', error);
    return error instanceof WireFault ? error : tryAgain(error);
  }

  #report(code: 'STORE_UNAVAILABLE' | 'STORE_FAILED', what: string, cause: unknown): void {
    const now = this.#timing.monotonic();
    this.#unreported += 1;
    if (now < this.#reportedAt + REPORT_EVERY_MS) return;
    const times = this.#unreported > 1 ? ` (${this.#unreported} times since the last report)` : '';
    this.#reportedAt = now;
    this.#unreported = 0;
    this.#onError(new JobEventsServerError(code, `${what}${times}. The client is told to try again.`, { cause }));
  }
}
