import { expiryOf } from '../access/authenticator.js';
import type { Identity } from '../access/identity.js';
import { TIMES } from '../access/limits.js';
import type { Timing } from '../timing.js';

/** The longest that a timer of Node's can wait; beyond it, it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const SHORTEST_NOTICE_MS = 1_000;

/**
 * Watches the end of the identity that a socket stands under: a notice 30 s before, again every 15 s, since whoever issues
 * tokens may be away for a moment, and the cut 30 s after. A fresh identity begins the watch anew. `expiresAt` is compared with the wall clock once, when the watch begins; what is left
 * counts down on the monotonic clock, so that a step of the wall clock neither cuts anybody off early nor lets anybody
 * stay longer.
 */
export class IdentityExpiry {
  readonly #timing: Timing;
  readonly #onExpiring: (expiresAt: number) => void;
  readonly #onExpired: () => void;
  #timer: unknown;

  constructor(options: { timing: Timing; onExpiring: (expiresAt: number) => void; onExpired: () => void }) {
    this.#timing = options.timing;
    this.#onExpiring = options.onExpiring;
    this.#onExpired = options.onExpired;
  }

  watch(identity: Identity): void {
    this.stop();
    const expiresAt = expiryOf(identity);
    if (expiresAt === undefined) return;
    // For what ends sooner than that, half way: a fresh token that is short-lived as well must not be asked for at once.
    const left = expiresAt - this.#timing.now();
    const expiry = this.#timing.monotonic() + left;
    const halfWay = Math.max(SHORTEST_NOTICE_MS, left / 2);
    const cut = expiry + TIMES.expiryGrace;
    const noticeAt = (time: number): void =>
      this.#at(time, () => {
        const next = time + TIMES.expiryNoticeAgain;
        if (next < cut) noticeAt(next);
        else this.#at(cut, this.#onExpired);
        this.#onExpiring(expiresAt);
      });
    noticeAt(Math.max(expiry - TIMES.expiryNotice, this.#timing.monotonic() + halfWay));
  }

  stop(): void {
    this.#timing.clearTimeout(this.#timer);
  }

  /** `time` is on the monotonic clock. */
  #at(time: number, callback: () => void): void {
    const wait = time - this.#timing.monotonic();
    this.#timer =
      wait > LONGEST_TIMER_MS
        ? this.#timing.setTimeout(() => this.#at(time, callback), LONGEST_TIMER_MS)
        : this.#timing.setTimeout(callback, Math.max(0, wait));
  }
}
