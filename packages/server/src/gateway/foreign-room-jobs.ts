import { withheldRoom } from '@notes/job-events-protocol';
import type { Identity } from '../access/identity.js';
import type { JobAccess, Sight } from '../access/job-access.js';
import type { RequestFaults } from '../access/request-faults.js';
import { Remembered } from '../remembered.js';
import type { SocketSession } from './socket-session.js';
import type { WithheldJobs } from './withheld-jobs.js';

/** Of more jobs than that all are asked about again. */
const MOST_ALLOWED = 10_000;
/** Of more jobs than that, those denied first are asked about again at their next event. */
const MOST_DENIED = 10_000;

interface Decisions {
  readonly allowed: Set<string>;
  /** Each is withheld from the socket. */
  readonly denied: Remembered<string>;
  /** `authorize` failed: it is asked again with the socket's other permissions. */
  readonly failed: Set<string>;
  readonly asking: Map<string, Promise<void>>;
}

/**
 * Decides, job by job, what a socket sees through the room of another user: `authorize` is asked about each job by its
 * id, so that what it denies holds on every process, however late that one has started. A denied job is withheld from
 * the socket. Jobs of the answer to a subscribe are decided before the room is joined; a job that turns up later is
 * decided at its first event, which the socket gets. Sockets that watch their own jobs alone are never asked about here.
 */
export class ForeignRoomJobs<I extends Identity> {
  readonly #access: Pick<JobAccess<I>, 'look'>;
  readonly #withheld: Pick<WithheldJobs, 'has'>;
  readonly #faults: RequestFaults;
  readonly #mostDenied: number;
  readonly #decisions = new WeakMap<SocketSession<I>, Decisions>();

  constructor(options: { access: Pick<JobAccess<I>, 'look'>; withheld: Pick<WithheldJobs, 'has'>; faults: RequestFaults; mostDenied?: number }) {
    this.#access = options.access;
    this.#withheld = options.withheld;
    this.#faults = options.faults;
    this.#mostDenied = options.mostDenied ?? MOST_DENIED;
  }

  /** Whether a decided job may be shown. */
  isAllowed(session: SocketSession<I>, jobId: string): boolean {
    return this.#decisions.get(session)?.allowed.has(jobId) === true && !session.socket.rooms.has(withheldRoom(jobId));
  }

  /** Asks about the jobs that are not allowed yet. Rejects where the store fails. */
  async decide(session: SocketSession<I>, jobIds: readonly string[]): Promise<void> {
    const { allowed, asking } = this.#decisionsOf(session);
    if (allowed.size >= MOST_ALLOWED) allowed.clear();
    const undecided = jobIds.filter((jobId) => !allowed.has(jobId) && !asking.has(jobId));
    if (undecided.length > 0) {
      const asked = this.#ask(session, undecided).finally(() => undecided.forEach((jobId) => asking.delete(jobId)));
      for (const jobId of undecided) asking.set(jobId, asked);
    }
    await Promise.all(new Set(jobIds.flatMap((jobId) => asking.get(jobId) ?? [])));
  }

  /** Takes over what `authorize` said of a job for another reason. */
  async settle(session: SocketSession<I>, jobId: string, sight: Sight): Promise<void> {
    const { socket, identity } = session;
    const { allowed, denied, failed } = this.#decisionsOf(session);
    if (sight.kind === 'unknown') return;
    if (sight.kind === 'undecided') return void failed.add(jobId);
    failed.delete(jobId);
    // It does not take a job from its owner, whom it reaches through the owner's own room.
    if (sight.kind === 'seen' || sight.owner === identity.userId) {
      allowed.add(jobId);
      const wasDenied = denied.has(jobId);
      denied.delete(jobId);
      if (wasDenied) await this.#show(session, jobId);
    } else {
      allowed.delete(jobId);
      const forgotten = denied.set(jobId, jobId);
      await socket.join(withheldRoom(jobId));
      if (forgotten !== undefined) await this.#show(session, forgotten);
    }
  }

  /** A job that was revoked from the user stays withheld. */
  async #show({ socket, identity }: SocketSession<I>, jobId: string): Promise<void> {
    if (!this.#withheld.has(identity.userId, jobId)) await socket.leave(withheldRoom(jobId));
  }

  /** Asks about each job again, when it is listed or has an event. */
  forget(session: SocketSession<I>): void {
    const decisions = this.#decisions.get(session);
    decisions?.allowed.clear();
    decisions?.failed.clear();
  }

  async #ask(session: SocketSession<I>, jobIds: readonly string[]): Promise<void> {
    const sights = await this.#access.look(session.identity, jobIds);
    for (const [index, jobId] of jobIds.entries()) await this.settle(session, jobId, sights[index]!);
  }

  #decisionsOf(session: SocketSession<I>): Decisions {
    const known = this.#decisions.get(session);
    if (known !== undefined) return known;
    const decisions: Decisions = { allowed: new Set(), denied: new Remembered(this.#mostDenied), failed: new Set(), asking: new Map() };
    this.#decisions.set(session, decisions);
    session.socket.onAnyOutgoing((_event: string, job: { readonly jobId?: string } | undefined) => {
      const jobId = job?.jobId;
      if (jobId === undefined || decisions.allowed.has(jobId) || decisions.failed.has(jobId) || !session.watchesOtherUsers) return;
      this.decide(session, [jobId]).catch((error: unknown) => this.#faults.faultOf(error));
    });
    return decisions;
  }
}
