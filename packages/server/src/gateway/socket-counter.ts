import { WireFault } from '../access/wire-fault.js';

/** How many sockets each user has on this process. */
export class SocketCounter {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes a place; the returned function gives it back, once, however often it is called.
   *
   * @throws WireFault LIMIT_EXCEEDED
   */
  enter(userId: string): () => void {
    const count = this.#counts.get(userId) ?? 0;
    if (count >= this.#limit)
      throw new WireFault('LIMIT_EXCEEDED', `A user may have at most ${this.#limit} sockets. Close some pages.`);
    this.#counts.set(userId, count + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave(userId);
    };
  }

  #leave(userId: string): void {
    const count = this.#counts.get(userId) ?? 0;
    if (count > 1) this.#counts.set(userId, count - 1);
    else this.#counts.delete(userId);
  }
}
