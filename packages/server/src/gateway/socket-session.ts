import type { ClientToServerEvents, ServerToClientEvents } from '@notes/job-events-protocol';
import { jobRoom, userRoom, type Subscription } from '@notes/job-events-protocol';
import type { Socket } from 'socket.io';
import type { Identity } from '../access/identity.js';
import type { RequestBudget } from '../access/request-budget.js';
import type { IdentityExpiry } from './identity-expiry.js';

export type JobsSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

const USER_PREFIX = userRoom('');
const JOB_PREFIX = jobRoom('');

export const roomOf = (subscription: Subscription): string =>
  'userId' in subscription ? userRoom(subscription.userId) : jobRoom(subscription.jobId);

export const isSubscription = (room: string): boolean => room.startsWith(USER_PREFIX) || room.startsWith(JOB_PREFIX);

/** Something that `authorize` allowed although it is not this user's own. Allowed anew, it is another one. */
export interface Grant {
  readonly subscription: Subscription;
}

/**
 * What the gateway knows of one socket. What it is subscribed to is not kept here: the socket's rooms say it, which
 * another node may take away.
 */
export class SocketSession<I extends Identity> {
  readonly socket: JobsSocket;
  readonly budget: RequestBudget;
  readonly expiry: IdentityExpiry;
  /** Subscribed jobs whose snapshot did not fit into an answer: the next `sync` brings them. */
  readonly owedJobIds = new Set<string>();
  /** The rooms of each subscription that is being decided about. */
  readonly #wanted = new Set<Set<string>>();
  /** By room. Most sockets watch nothing but their own. */
  #grants: Map<string, Grant> | undefined;
  #identity: I;

  constructor(options: { identity: I; socket: JobsSocket; budget: RequestBudget; expiry: IdentityExpiry }) {
    this.#identity = options.identity;
    this.socket = options.socket;
    this.budget = options.budget;
    this.expiry = options.expiry;
  }

  get identity(): I {
    return this.#identity;
  }

  /** Goes on under a fresh identity of the same user. */
  renew(identity: I): void {
    this.#identity = identity;
    // A token that is known only when the socket has gone ends nothing any more.
    if (this.socket.connected) this.expiry.watch(identity);
  }

  /** Decides about a subscription, which takes time; `wanted` tells what of it is wanted still. */
  async whileWanted<Answer>(rooms: readonly string[], decide: (wanted: ReadonlySet<string>) => Promise<Answer>): Promise<Answer> {
    const wanted = new Set(rooms);
    this.#wanted.add(wanted);
    try {
      return await decide(wanted);
    } finally {
      this.#wanted.delete(wanted);
    }
  }

  /** Takes back what was asked for before. */
  forgo(rooms: readonly string[]): void {
    for (const wanted of this.#wanted) for (const room of rooms) wanted.delete(room);
  }

  /** A room was joined that is not this user's own. */
  grant(subscription: Subscription): void {
    (this.#grants ??= new Map()).set(roomOf(subscription), { subscription });
  }

  /** Of the rooms that the socket is in. */
  get grants(): readonly Grant[] {
    if (this.#grants === undefined) return [];
    for (const room of this.#grants.keys()) if (!this.socket.rooms.has(room)) this.#grants.delete(room);
    return [...this.#grants.values()];
  }

  /** Leaves the room, unless it was allowed anew meanwhile. */
  async takeAway(grant: Grant): Promise<void> {
    const { subscription } = grant;
    if (this.#grants?.get(roomOf(subscription)) !== grant) return;
    this.#grants.delete(roomOf(subscription));
    if ('jobId' in subscription) this.owedJobIds.delete(subscription.jobId);
    await this.socket.leave(roomOf(subscription));
  }

  get subscribedJobIds(): string[] {
    return this.#named(JOB_PREFIX);
  }

  get subscribedUserIds(): string[] {
    return this.#named(USER_PREFIX);
  }

  get subscriptionCount(): number {
    return this.subscribedJobIds.length + this.subscribedUserIds.length;
  }

  isSubscribed(subscription: Subscription): boolean {
    return this.socket.rooms.has(roomOf(subscription));
  }

  #named(prefix: string): string[] {
    return [...this.socket.rooms].filter((room) => room.startsWith(prefix)).map((room) => room.slice(prefix.length));
  }
}
