import {
  jobOfRoom,
  jobRoom,
  userOfRoom,
  userRoom,
  type ClientToServerEvents,
  type JobOfOwner,
  type ServerToClientEvents,
  type Subscription,
} from '@notes/job-events-protocol';
import type { Socket } from 'socket.io';
import type { Identity } from '../access/identity.js';
import type { RequestBudget } from '../access/request-budget.js';
import type { IdentityExpiry } from './identity-expiry.js';

export type JobsSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

export const isSubscription = (room: string): boolean => userOfRoom(room) !== undefined || jobOfRoom(room) !== undefined;

/** What a subscription asks for. It names a job by its id alone; the room that answers it also names the owner. */
export const keyOf = (subscription: Subscription): string =>
  'userId' in subscription ? `user ${subscription.userId}` : `job ${subscription.jobId}`;

/** A subscription that was allowed. */
export interface AllowedSubscription {
  readonly subscription: Subscription;
  /** Whose jobs, or whose job, `authorize` allowed. */
  readonly owner: string;
}

export const roomOf = ({ subscription, owner }: AllowedSubscription): string =>
  'userId' in subscription ? userRoom(owner) : jobRoom({ userId: owner, jobId: subscription.jobId });

/** The rooms of this job that the socket is in, whoever owns it. */
export const jobRoomsOf = ({ rooms }: JobsSocket, jobId: string): string[] => [...rooms].filter((room) => jobOfRoom(room)?.jobId === jobId);

/** Something that `authorize` allowed although it is not this user's own. Allowed again, it is another grant. */
export interface Grant extends AllowedSubscription {}

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
  /** The keys of the subscriptions that are being decided about. */
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
  async whileWanted<Answer>(keys: readonly string[], decide: (wanted: ReadonlySet<string>) => Promise<Answer>): Promise<Answer> {
    const wanted = new Set(keys);
    this.#wanted.add(wanted);
    try {
      return await decide(wanted);
    } finally {
      this.#wanted.delete(wanted);
    }
  }

  /** Takes back what was asked for before. */
  forgo(keys: readonly string[]): void {
    for (const wanted of this.#wanted) for (const key of keys) wanted.delete(key);
  }

  /** Joins the rooms, and notes which of them are not this user's own. */
  async join(allowed: readonly AllowedSubscription[]): Promise<void> {
    await this.socket.join(allowed.map(roomOf));
    for (const { subscription, owner } of allowed)
      if (owner !== this.#identity.userId) (this.#grants ??= new Map()).set(roomOf({ subscription, owner }), { subscription, owner });
  }

  /** Leaves every room that the subscription may have led to. */
  async leave(subscription: Subscription): Promise<void> {
    const rooms = 'userId' in subscription ? [userRoom(subscription.userId)] : jobRoomsOf(this.socket, subscription.jobId);
    for (const room of rooms) await this.socket.leave(room);
  }

  /**
   * Goes on with the owner that a subscribed job has now: of the rooms of that job, the socket stays in one. Returns
   * whether the owner has changed.
   */
  async follow(job: JobOfOwner, rooms: readonly string[] = jobRoomsOf(this.socket, job.jobId)): Promise<boolean> {
    const room = jobRoom(job);
    const former = rooms.filter((joined) => joined !== room && this.socket.rooms.has(joined));
    if (former.length === 0) return false;
    await this.join([{ subscription: { jobId: job.jobId }, owner: job.userId }]);
    for (const joined of former) await this.socket.leave(joined);
    return true;
  }

  /** Of the rooms that the socket is in. */
  get grants(): readonly Grant[] {
    if (this.#grants === undefined) return [];
    for (const room of this.#grants.keys()) if (!this.socket.rooms.has(room)) this.#grants.delete(room);
    return [...this.#grants.values()];
  }

  /** Says whether this is still what the socket is in the room for: it has not left it, nor been allowed it again. */
  holds(grant: Grant): boolean {
    return this.#grants?.get(roomOf(grant)) === grant && this.socket.rooms.has(roomOf(grant));
  }

  /** Leaves the room, unless it was allowed again meanwhile. */
  async takeAway(grant: Grant): Promise<void> {
    if (!this.holds(grant)) return;
    this.#grants?.delete(roomOf(grant));
    if ('jobId' in grant.subscription) this.owedJobIds.delete(grant.subscription.jobId);
    await this.socket.leave(roomOf(grant));
  }

  /** The rooms of each subscribed job, by its id. */
  get jobRooms(): ReadonlyMap<string, readonly string[]> {
    const rooms = new Map<string, string[]>();
    for (const room of this.socket.rooms) {
      const job = jobOfRoom(room);
      if (job !== undefined) rooms.set(job.jobId, [...(rooms.get(job.jobId) ?? []), room]);
    }
    return rooms;
  }

  get watchesOtherUsers(): boolean {
    return this.#grants !== undefined && this.grants.some(({ subscription }) => 'userId' in subscription);
  }

  get subscribedUserIds(): string[] {
    return [...this.socket.rooms].flatMap((room) => userOfRoom(room) ?? []);
  }

  /** The keys of what the socket is subscribed to. */
  get subscribedKeys(): ReadonlySet<string> {
    const users = this.subscribedUserIds.map((userId) => keyOf({ userId }));
    return new Set([...users, ...Array.from(this.jobRooms.keys(), (jobId) => keyOf({ jobId }))]);
  }

  get isSubscribedToOwnJobs(): boolean {
    return this.socket.rooms.has(userRoom(this.#identity.userId));
  }
}
