import type { Timing } from '../timing.js';

/** How long what the store's clock showed is carried on by our own. */
const TRUSTED_FOR_MS = 5_000;

/** The store's clock between two answers of the store. */
export class StoreClock {
  readonly #timing: Timing;
  #heard: { readonly storeTime: number; readonly at: number } | undefined;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /**
   * An answer of a busy process has waited, so it only says that the store's clock is not behind it, and, by when it was
   * asked for, how far ahead it can be. Between the two what we carry on is the better guess.
   *
   * @param askedAt On the monotonic clock.
   */
  hear(storeTime: number, askedAt: number): void {
    const at = this.#timing.monotonic();
    const latest = storeTime + Math.max(0, at - askedAt);
    const carriedOn = this.#heard === undefined ? storeTime : this.#heard.storeTime + (at - this.#heard.at);
    this.#heard = { storeTime: Math.min(latest, Math.max(storeTime, carriedOn)), at };
  }

  /** In whole ms; `undefined` when the store has to be asked. */
  now(): number | undefined {
    if (this.#heard === undefined) return undefined;
    const since = this.#timing.monotonic() - this.#heard.at;
    return since < TRUSTED_FOR_MS ? Math.floor(this.#heard.storeTime + since) : undefined;
  }
}
