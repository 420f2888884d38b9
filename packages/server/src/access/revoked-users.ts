import { Remembered } from '../remembered.js';

/** Of more users than that, those revoked first are forgotten. */
const MOST_USERS = 10_000;

/**
 * Whose access was revoked, for those who are signing in: an `authenticate` that began before may have read what no
 * longer holds. What this process hears counts in the order in which it hears it, so no clock is asked, and nothing has
 * to be known of how long a sign-in takes.
 */
export class RevokedUsers {
  readonly #lastOf = new Remembered<number>(MOST_USERS);
  #count = 0;
  #forgotten = 0;

  /** How many there were until now: what a sign-in notes as it begins. */
  get count(): number {
    return this.#count;
  }

  /** Whether a sign-in that noted `count` is overtaken. One so slow that it is no longer known counts as overtaken. */
  hasSince(count: number, userId: string): boolean {
    return Math.max(this.#lastOf.get(userId) ?? 0, this.#forgotten) > count;
  }

  add(userId: string): void {
    this.#forgotten = this.#lastOf.set(userId, ++this.#count) ?? this.#forgotten;
  }
}
