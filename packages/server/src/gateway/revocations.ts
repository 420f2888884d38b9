import { EventEmitter } from 'node:events';
import type { Namespace } from 'socket.io';
import { Remembered } from '../remembered.js';

/** Said by the node that was asked to all others. */
const REVOKED = 'job-events:revoked';

/** Of more users than that, those revoked first are forgotten. */
const MOST_USERS = 10_000;

/** All sockets of a user are in it, subscribed or not, so that access can be withdrawn on every node. */
export const socketsOf = (userId: string): string => `sockets-of:${userId}`;

/**
 * Takes all access from a user on every node, and remembers that for those who are signing in: an `authenticate` that
 * began before may have read what no longer holds. What each node hears counts in the order in which it hears it, so no
 * clock is asked, and nothing has to be known of how long a sign-in takes.
 */
export class Revocations {
  readonly #namespace: Namespace;
  readonly #lastOf = new Remembered<number>(MOST_USERS);
  #count = 0;
  #forgotten = 0;
  readonly #onRevoked = (userId: unknown): void => {
    if (typeof userId === 'string') this.#hear(userId);
  };

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
    namespace.on(REVOKED, this.#onRevoked);
  }

  /** How many there were until now: what a sign-in notes as it begins. */
  get count(): number {
    return this.#count;
  }

  /** Whether a sign-in that noted `count` is overtaken. One so slow that it is no longer known counts as overtaken. */
  hasSince(count: number, userId: string): boolean {
    return Math.max(this.#lastOf.get(userId) ?? 0, this.#forgotten) > count;
  }

  revoke(userId: string): void {
    this.#hear(userId);
    if (reachesOthers(this.#namespace.adapter)) this.#namespace.serverSideEmit(REVOKED, userId);
    // Some adapters carry the two on different ways; for the sockets that are connected one of them is enough.
    this.#namespace.in(socketsOf(userId)).disconnectSockets();
  }

  close(): void {
    this.#namespace.off(REVOKED, this.#onRevoked);
  }

  #hear(userId: string): void {
    this.#forgotten = this.#lastOf.set(userId, ++this.#count) ?? this.#forgotten;
    // Whoever was let in just before is connected by now, and the order of the two messages is not known.
    this.#namespace.local.in(socketsOf(userId)).disconnectSockets();
  }
}

/**
 * The adapter of a single process has `serverSideEmit` too, only to warn on the console that nobody is reached. It cannot
 * be asked for by its class: the application's copy of it need not be ours.
 */
export function reachesOthers(adapter: object): boolean {
  let owner: object | null = adapter;
  while (owner !== null && !Object.hasOwn(owner, 'serverSideEmit')) owner = Object.getPrototypeOf(owner) as object | null;
  return owner !== null && Object.getPrototypeOf(owner) !== EventEmitter.prototype;
}
