import type { Timing } from '../timing.js';

/** Leases in the memory of one process. */
export class Leases {
  readonly #timing: Timing;
  readonly #held = new Map<string, { readonly holder: string; readonly until: number }>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  take(name: string, holder: string, forMs: number): boolean {
    const now = this.#timing.monotonic();
    const held = this.#held.get(name);
    if (held !== undefined && held.holder !== holder && held.until > now) return false;
    if (forMs > 0) this.#held.set(name, { holder, until: now + forMs });
    else this.#held.delete(name);
    return true;
  }
}
