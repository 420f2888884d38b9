import { withinRequestTime, RequestTimeout } from '../access/request-timeout.js';
import type { Identity } from '../access/identity.js';
import type { JobAccess } from '../access/job-access.js';
import { TIMES } from '../access/limits.js';
import type { RequestFaults } from '../access/request-faults.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Timing } from '../timing.js';
import type { SocketSession } from './socket-session.js';

/** So many sockets are asked about at once on this process; the others wait. */
const MOST_AT_ONCE = 20;
/** The longest that a timer of Node's can wait; beyond it, it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Sockets that came together are asked about apart: each after this part of the interval, or more of it. */
const EARLIEST = 0.75;

export interface ReauthorizationOptions<I extends Identity> {
  readonly access: Pick<JobAccess<I>, 'askAgain'>;
  /** `Infinity`: never. */
  readonly everyMs: number;
  readonly timing: Timing;
  readonly faults: RequestFaults;
  /** Called before a socket is asked about. */
  readonly onAsk?: (session: SocketSession<I>) => void;
  /** From 0 to 1, as `Math.random`. */
  readonly random?: () => number;
}

/**
 * Asks `authorize` again about what it allowed to sockets that watch what is not their own, so that a permission that
 * was taken away ends by itself. One timer for a socket that watches such jobs; none for the others.
 *
 * A denial takes the socket out of the room. An `authorize` that throws or does not answer takes nothing away: it is
 * reported, asked again an interval later, and an answer that comes late still counts.
 */
export class Reauthorization<I extends Identity> {
  readonly #options: ReauthorizationOptions<I>;
  readonly #timers = new Map<SocketSession<I>, unknown>();
  readonly #due: SocketSession<I>[] = [];
  #running = 0;

  /** @throws JobEventsServerError `INVALID_OPTIONS` */
  constructor(options: ReauthorizationOptions<I>) {
    if (!(typeof options.everyMs === 'number' && options.everyMs > 0))
      throw new JobEventsServerError('INVALID_OPTIONS', `reauthorizeEveryMs must be a number above 0, not ${String(options.everyMs)}; Infinity never asks again.`);
    this.#options = options;
  }

  /** Something was allowed to the socket. */
  watch(session: SocketSession<I>): void {
    if (this.#options.everyMs !== Infinity && !this.#timers.has(session) && session.grants.length > 0) this.#arm(session);
  }

  /** A revoke may have been missed: asks as soon as others are done, also where it is never asked otherwise. */
  askNow(session: SocketSession<I>): void {
    if (session.grants.length === 0) return;
    this.#options.timing.clearTimeout(this.#timers.get(session));
    this.#timers.set(session, undefined);
    this.#fallDue(session);
  }

  stop(session: SocketSession<I>): void {
    this.#options.timing.clearTimeout(this.#timers.get(session));
    this.#timers.delete(session);
  }

  #arm(session: SocketSession<I>): void {
    const { everyMs, timing, random = Math.random } = this.#options;
    timing.clearTimeout(this.#timers.get(session));
    const wait = Math.min(everyMs, LONGEST_TIMER_MS) * (EARLIEST + (1 - EARLIEST) * random());
    this.#timers.set(session, timing.setTimeout(() => this.#fallDue(session), wait));
  }

  #fallDue(session: SocketSession<I>): void {
    if (session.grants.length === 0) return this.stop(session);
    this.#due.push(session);
    this.#goOn();
  }

  #goOn(): void {
    while (this.#running < MOST_AT_ONCE) {
      const session = this.#due.shift();
      if (session === undefined) return;
      if (!this.#timers.has(session)) continue;
      this.#running += 1;
      void this.#ask(session).then(() => {
        this.#running -= 1;
        if (this.#options.everyMs === Infinity) this.#timers.delete(session);
        else if (this.#timers.has(session)) this.#arm(session);
        this.#goOn();
      });
    }
  }

  /** Never rejects. What has not answered by its deadline is waited for by nobody, and still takes the room away. */
  async #ask(session: SocketSession<I>): Promise<void> {
    const { access, timing, faults, onAsk } = this.#options;
    onAsk?.(session);
    const asked = access.askAgain(session.identity, session.grants, (grant, isAllowed, record) => {
      if (!isAllowed) return session.takeAway(grant);
      // A job that has another owner now is another job, and its events go to another room.
      return record !== undefined && session.holds(grant) ? session.follow({ userId: record.userId, jobId: record.snapshot.jobId }) : undefined;
    });
    try {
      await withinRequestTime(asked, TIMES.reauthorization, timing);
    } catch (error) {
      if (error instanceof RequestTimeout)
        faults.report('HANDLER_FAILED', 'authorize, or the store, did not answer whether sockets may go on watching', error, 'They may until it does.');
      else faults.faultOf(error);
    }
  }
}
