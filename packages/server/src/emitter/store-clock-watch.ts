import type { Timing } from '../timing.js';

/** More than clocks drift, and answers differ in how long they take, between two looks. */
const STEP_MS = 1_000;
/** Whoever has not looked for so long was suspended, and so may others have been. */
const LONGEST_GAP_MS = 30_000;

interface Look {
  readonly storeTime: number;
  /** Between these two, on the monotonic clock, the store's clock showed that. */
  readonly askedAt: number;
  readonly answeredAt: number;
}

/**
 * Knows for how long heartbeats could arrive and be told apart: since when the store has answered this process, its clock
 * has not stepped, and the process itself was not suspended.
 */
export class StoreClockWatch {
  readonly #timing: Timing;
  #last: Look | undefined;
  #steadySince = Infinity;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** The store was asked for its clock. `askedAt`: on the monotonic clock. */
  look(storeTime: number, askedAt: number): void {
    const look = { storeTime, askedAt, answeredAt: this.#timing.monotonic() };
    if (this.#last === undefined || !isSteady(this.#last, look)) this.#steadySince = look.answeredAt;
    this.#last = look;
  }

  /** The store did not answer. */
  lose(): void {
    this.#last = undefined;
    this.#steadySince = Infinity;
  }

  /** In ms. */
  get steadyForMs(): number {
    return Math.max(0, this.#timing.monotonic() - this.#steadySince);
  }
}

function isSteady(last: Look, look: Look): boolean {
  const least = look.askedAt - last.answeredAt;
  const most = look.answeredAt - last.askedAt;
  const passed = look.storeTime - last.storeTime;
  return least <= LONGEST_GAP_MS && passed >= least - STEP_MS && passed <= most + STEP_MS;
}
