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

  hear(storeTime: number): void {
    this.#heard = { storeTime, at: this.#timing.now() };
  }

  /** `undefined` when the store has to be asked. Our own clock may jump; then it has to be, too. */
  now(): number | undefined {
    if (this.#heard === undefined) return undefined;
    const since = this.#timing.now() - this.#heard.at;
    return since >= 0 && since < TRUSTED_FOR_MS ? this.#heard.storeTime + since : undefined;
  }
}
