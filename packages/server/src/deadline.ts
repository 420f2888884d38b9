import { JobEventsServerError } from './server-errors.js';
import { within, type Timing } from './timing.js';

/** The longest time that a timer takes: about 24 days. */
const LONGEST_MS = 2_147_483_647;

/** One total time that the steps of a task share, such as everything that `close` waits for. */
export class Deadline {
  readonly #timing: Timing;
  readonly #endsAt: number;

  constructor(timeoutMs: number, timing: Timing) {
    this.#timing = timing;
    this.#endsAt = timing.monotonic() + timeoutMs;
  }

  get remainingMs(): number {
    return Math.max(0, this.#endsAt - this.#timing.monotonic());
  }

  /** A deadline that leaves this share of the remaining time, from 0 to 1, to the steps after it. */
  leaving(share: number): Deadline {
    return new Deadline(this.remainingMs * (1 - share), this.#timing);
  }

  /** Resolves to whether `work` settled in time. Never rejects. The work itself goes on. */
  settles(work: Promise<unknown>): Promise<boolean> {
    const settled = work.then(() => true, () => true);
    return within(settled, this.remainingMs, this.#timing, () => false);
  }
}

/**
 * Checks a time that a caller gives.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS`
 */
export function checkTimeout(name: string, ms: number): number {
  if (typeof ms === 'number' && ms >= 0 && ms <= LONGEST_MS) return ms;
  throw new JobEventsServerError('INVALID_OPTIONS', `${name} must be a number of milliseconds from 0 to ${LONGEST_MS}, not ${String(ms)}.`);
}
