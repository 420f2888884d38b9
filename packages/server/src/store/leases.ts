import type { Timing } from '../timing.js';
import { SET_BACK_MS } from './list-records.js';

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
    if (held !== undefined && held.holder !== holder && !isOver(held.until - now, forMs)) return false;
    if (forMs > 0) this.#held.set(name, { holder, until: now + forMs });
    else this.#held.delete(name);
    return true;
  }
}

/** A lease that lasts for longer than it is taken for was taken before the clock was set back. */
const isOver = (remainingMs: number, forMs: number): boolean => remainingMs <= 0 || (forMs > 0 && remainingMs > forMs + SET_BACK_MS);
