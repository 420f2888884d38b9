import type { Witness } from './witness.js';

/** Time that passes, and the store's clock, which may step. */
export class ModelClock {
  /** Time that has passed, in ms. */
  passed = 1;
  hasStepped = false;
  /** When the store lost states last. */
  lostAt = 0;
  #base = Date.UTC(2026, 10, 23);
  #mayHaveForgotten = false;
  readonly #witness: Witness;

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  /** The store's clock. */
  get now(): number {
    return this.#base + this.passed;
  }

  step(ms: number): void {
    this.hasStepped = true;
    this.#base += ms;
    if (this.#mayHaveForgotten) this.#beAhead();
  }

  /** A store that may have lost states has a clock that is ahead of what it handed out for them. */
  keepAhead(): void {
    this.#mayHaveForgotten = true;
    this.lostAt = this.passed;
    this.#beAhead();
  }

  #beAhead(): void {
    this.#base = Math.max(this.#base, this.#witness.greatestTerm + 1 - this.passed);
  }
}
