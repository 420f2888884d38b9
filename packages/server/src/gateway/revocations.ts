import { EventEmitter } from 'node:events';
import type { Namespace } from 'socket.io';
import type { RevokedUsers } from '../access/revoked-users.js';

/** Said by the node that was asked to all others. */
const REVOKED = 'job-events:revoked';

/** All sockets of a user are in it, subscribed or not, so that access can be withdrawn on every node. */
export const socketsOf = (userId: string): string => `sockets-of:${userId}`;

/** Takes all access from a user on every node, and notes that for those who are signing in. */
export class Revocations {
  readonly #namespace: Namespace;
  readonly #revoked: RevokedUsers;
  readonly #onRevoked = (userId: unknown): void => {
    if (typeof userId === 'string') this.#hear(userId);
  };

  constructor(namespace: Namespace, revoked: RevokedUsers) {
    this.#namespace = namespace;
    this.#revoked = revoked;
    namespace.on(REVOKED, this.#onRevoked);
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
    this.#revoked.add(userId);
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
