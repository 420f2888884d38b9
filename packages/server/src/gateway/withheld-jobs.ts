import { jobOfRoom, withheldRoom } from '@notes/job-events-protocol';
import type { Namespace } from 'socket.io';
import { Remembered } from '../remembered.js';
import { reachesOthers, socketsOf } from './revocations.js';
import { jobRoomsOf, type JobsSocket } from './socket-session.js';

/** Said by the node that was asked to all others. */
const WITHHELD = 'job-events:job-withheld';

/** Of more users, and of more jobs of one user, those withheld first are forgotten: `authorize` decides about them again. */
const MOST_USERS = 10_000;
const MOST_JOBS_OF_A_USER = 100;

/**
 * Jobs that were revoked from a user. A job may reach a socket through its own room or through its owner's, so its
 * sockets also enter a room that every event of the job leaves out. Each node remembers the job for the user's next
 * sockets, until `authorize` allows a subscribe to it that began after the revoke.
 */
export class WithheldJobs {
  readonly #namespace: Namespace;
  /** When each job was withheld, as a count: what each node hears counts in the order in which it hears it. */
  readonly #ofUser = new Remembered<Remembered<number>>(MOST_USERS);
  #count = 0;
  readonly #onWithheld = (userId: unknown, jobId: unknown, isWithheld: unknown): void => {
    if (typeof userId === 'string' && typeof jobId === 'string') this.#hear(userId, jobId, isWithheld !== false);
  };

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
    namespace.on(WITHHELD, this.#onWithheld);
  }

  /** How many there were until now: what a subscribe notes as it begins. */
  get count(): number {
    return this.#count;
  }

  /** On all nodes. */
  withhold(userId: string, jobId: string): void {
    this.#tell(userId, jobId, true);
  }

  /** On all nodes: the job is the user's own. */
  giveBack(userId: string, jobId: string): void {
    this.#tell(userId, jobId, false);
  }

  /** Whether this node remembers that the job was revoked from the user. */
  has(userId: string, jobId: string): boolean {
    return this.#ofUser.get(userId)?.has(jobId) === true;
  }

  /** For a socket of the user that has just connected. */
  roomsOf(userId: string): string[] {
    return [...(this.#ofUser.get(userId)?.keys() ?? [])].map(withheldRoom);
  }

  /** The user may have the job again, on this node; unless it was withheld once more after `since`. Resolves to whether that is so. */
  async allow(socket: JobsSocket, userId: string, jobId: string, since: number): Promise<boolean> {
    const jobs = this.#ofUser.get(userId);
    if ((jobs?.get(jobId) ?? 0) > since) return false;
    jobs?.delete(jobId);
    await socket.leave(withheldRoom(jobId));
    return true;
  }

  close(): void {
    this.#namespace.off(WITHHELD, this.#onWithheld);
  }

  #tell(userId: string, jobId: string, isWithheld: boolean): void {
    this.#hear(userId, jobId, isWithheld);
    if (reachesOthers(this.#namespace.adapter)) this.#namespace.serverSideEmit(WITHHELD, userId, jobId, isWithheld);
    // Some adapters carry the two on different ways; for the sockets that are connected one of them is enough.
    move(this.#namespace.in(socketsOf(userId)), jobId, isWithheld);
  }

  #hear(userId: string, jobId: string, isWithheld: boolean): void {
    const jobs = this.#ofUser.get(userId) ?? new Remembered<number>(MOST_JOBS_OF_A_USER);
    if (isWithheld) jobs.set(jobId, ++this.#count);
    else jobs.delete(jobId);
    this.#ofUser.set(userId, jobs);
    move(this.#namespace.local.in(socketsOf(userId)), jobId, isWithheld);
    if (isWithheld) this.#leaveJob(userId, jobId);
  }

  /** On this node; the others hear of the revoke too. Not the room of the user's own job, which is not taken from its owner. */
  #leaveJob(userId: string, jobId: string): void {
    for (const id of this.#namespace.adapter.rooms.get(socketsOf(userId)) ?? []) {
      const socket = this.#namespace.sockets.get(id);
      for (const room of socket === undefined ? [] : jobRoomsOf(socket, jobId)) if (jobOfRoom(room)?.userId !== userId) void socket!.leave(room);
    }
  }
}

type Sockets = Pick<ReturnType<Namespace['in']>, 'socketsJoin' | 'socketsLeave'>;

function move(sockets: Sockets, jobId: string, isWithheld: boolean): void {
  if (isWithheld) sockets.socketsJoin(withheldRoom(jobId));
  else sockets.socketsLeave(withheldRoom(jobId));
}

export const isWithheld = (socket: JobsSocket, jobId: string): boolean => socket.rooms.has(withheldRoom(jobId));
