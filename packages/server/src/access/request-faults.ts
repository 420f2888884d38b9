import { JobEventsServerError, type ServerErrorCode } from '../server-errors.js';
import type { OnError } from '../logger.js';
import type { Timing } from '../timing.js';
import { RequestTimeout } from './request-timeout.js';
import { tryAgain, WireFault } from './wire-fault.js';

const REPORT_EVERY_MS = 1_000;

/**
 * Turns what a client's request failed with into what the client is told, and tells the operator where it is his to
 * know. Ten thousand clients ask on while a store is away, so that is told once a second, with the number of times.
 */
export class RequestFaults {
  readonly #timing: Timing;
  readonly #onError: OnError;
  /** By what they say. */
  readonly #reports = new Map<string, { at: number; unreported: number }>();

  constructor(options: { timing: Timing; onError: OnError }) {
    this.#timing = options.timing;
    this.#onError = options.onError;
  }

  faultOf(error: unknown): WireFault {
    if (error instanceof RequestTimeout) this.report('STORE_UNAVAILABLE', 'A client was not answered in time: the store, or what authorize and onCancel wait for, is slow', error);
    else if (!(error instanceof WireFault)) this.report('STORE_FAILED', 'The store failed to answer a client', error);
    return error instanceof WireFault ? error : tryAgain(error);
  }

  /** `what` is one of a few fixed sentences without a full stop. Each is told once a second; `consequence` may be empty. */
  report(code: ServerErrorCode, what: string, cause: unknown, consequence = 'The client is told to try again.'): void {
    const now = this.#timing.monotonic();
    const last = this.#reports.get(what) ?? { at: Number.NEGATIVE_INFINITY, unreported: 0 };
    this.#reports.set(what, last);
    last.unreported += 1;
    if (now < last.at + REPORT_EVERY_MS) return;
    const times = last.unreported > 1 ? ` (${last.unreported} times since the last report)` : '';
    last.at = now;
    last.unreported = 0;
    this.#onError(new JobEventsServerError(code, `${what}${times}. ${consequence}`.trim(), { cause }));
  }
}
