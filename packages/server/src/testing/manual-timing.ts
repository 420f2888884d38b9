import type { Timing } from '../timing.js';

/** A clock that stands still until a test moves it. */
export class ManualTiming implements Timing {
  #wall = Date.UTC(2026, 10, 23, 12);
  #monotonic = 1_000;
  #nextId = 1;
  readonly #timers = new Map<number, { at: number; callback: () => void }>();

  now = (): number => this.#wall;

  monotonic = (): number => this.#monotonic;

  setTimeout = (callback: () => void, ms: number): number => {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#monotonic + Math.max(0, ms), callback });
    return id;
  };

  clearTimeout = (timer: unknown): void => {
    this.#timers.delete(timer as number);
  };

  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass on both clocks. Runs what falls due on the way, in order, each at its own time. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, { at, callback }] = due;
      this.#timers.delete(id);
      this.#pass(at - this.#monotonic);
      callback();
    }
    this.#pass(end - this.#monotonic);
  }

  /** Steps the wall clock alone, as NTP or a resumed virtual machine does: negative is back. No timer moves. */
  stepWallClock(ms: number): void {
    this.#wall += ms;
  }

  #pass(ms: number): void {
    this.#wall += ms;
    this.#monotonic += ms;
  }
}
