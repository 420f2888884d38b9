import type { Timing } from '../timing.js';

/** How far apart the places are that are remembered. */
const EVERY_MS = 10_000;

/**
 * Which messages in the table have been there for a time, on this process's monotonic clock: those up to a place that it
 * has seen so long ago. The database's clock may step, and messages would be gone too soon.
 */
export class KeptPlaces {
  readonly #timing: Timing;
  #seen: { readonly place: number; readonly at: number }[] = [];

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** All messages up to this place are there now. */
  see(place: number): void {
    const at = this.#timing.monotonic();
    const last = this.#seen.at(-1);
    // A database that was restored from a backup counts from an earlier place.
    if (last !== undefined && place < last.place) this.#seen = [{ place, at }];
    else if (last === undefined || at - last.at >= EVERY_MS) this.#seen.push({ place, at });
  }

  /** The last place that was seen at least `ms` ago; 0: none. */
  seenBefore(ms: number): number {
    const until = this.#timing.monotonic() - ms;
    const index = this.#seen.findLastIndex(({ at }) => at <= until);
    if (index > 0) this.#seen.splice(0, index);
    return index < 0 ? 0 : this.#seen[0]!.place;
  }
}
