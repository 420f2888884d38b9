import { isFinal, isJobSnapshot, JobEventsError, type AnyJobSnapshot, type SubscribeAnswer } from '@notes/job-events-protocol';
import type { Inspection, Receive } from '../inspection.js';
import { MOST_TRACKED } from '../limits.js';
import type { HandlerSet } from './handler-set.js';
import type { JobTable } from './job-table.js';
import type { JobTracker } from './job-tracker.js';
import type { SubscriptionRegistry } from '../subscriptions/subscription-registry.js';
import { hasToldEnd, settleOnce } from './settle-once.js';
import type { TabMemory } from './tab-memory.js';

/**
 * The way of a state, from the connection, a status answer or the application to the handlers:
 *
 * 1. **arrive**: what is no job, or is asked for by nobody any more, goes no further;
 * 2. **apply**: the table takes it over if it is newer than what is known;
 * 3. **settle**: a terminal state is delivered, unless it was delivered before;
 * 4. **notify**: everybody hears of the change, once for what arrived together.
 */
export interface JobFlow {
  /** Stands for the user who is followed now; another user, or a reset, brings another one. */
  readonly session: object;
  /** Takes states over; says whether any was new. */
  receive: Receive;
  /** Takes over the states of an answer, which also says whose they are. `false`: a handler has changed the user meanwhile. */
  answered(answer: Pick<SubscribeAnswer, 'snapshots' | 'foreign'>): boolean;
  /** Delivers the end of a job that has come already. */
  settleAgain(jobId: string): void;
  /** Delivers the ends that nobody has heard of yet. */
  settleAll(): void;
  inspect(wrap: (receive: Receive) => Receive): Inspection;
  /** Drops what is not followed any more. */
  keepFollowed(): void;
  /** Another user, or none. */
  clear(): void;
}

export interface JobFlowOptions {
  readonly table: JobTable;
  readonly memory: TabMemory;
  readonly tracker: JobTracker;
  readonly handlers: HandlerSet;
  readonly registry: Pick<SubscriptionRegistry, 'holds' | 'isAsked' | 'covers' | 'list'>;
  /** Says whether what the server sends now is taken; asked for each state. */
  readonly accepts: () => boolean;
  readonly report: (error: unknown) => void;
}

export function createJobFlow({ table, memory, tracker, handlers, registry, accepts, report }: JobFlowOptions): JobFlow {
  /** Terminal states of tracked jobs that no handler was there for: kept for whoever comes, also when the list has dropped them. */
  const unheard = new Map<string, AnyJobSnapshot>();
  /** Jobs that were first heard of by an event that overtook the answer which says whose they are. They count as somebody else's until then. */
  const unsure = new Set<string>();
  let session = {};

  const isWanted = (jobId: string): boolean => (table.isForeign(jobId) ? registry.holds(jobId) || memory.isTracked(jobId) : registry.covers(jobId));

  const arrive: Receive = (snapshots, source) => {
    const mine = session;
    let isNews = false;
    for (const snapshot of snapshots)
      // A handler has changed the user: the rest belongs to the former one.
      if (mine !== session) break;
      else if (!isJobSnapshot(snapshot)) report(new JobEventsError('INVALID_PAYLOAD', 'This is no job: it was ignored.', { cause: snapshot }));
      else if (source === 'application' || (isWanted(snapshot.jobId) && accepts())) isNews = apply(snapshot, source === 'event') || isNews;
    notify();
    return isNews;
  };

  function apply(snapshot: AnyJobSnapshot, isLive: boolean): boolean {
    const { jobId } = snapshot;
    if (isLive && registry.isAsked(jobId) && !table.find(jobId)) {
      unsure.add(jobId);
      table.setForeign(jobId, true);
    }
    const job = table.apply(snapshot, isLive);
    if (!job) return false;
    settle(job);
    if (!job.version[1]) handlers.emit('onJobProgress', job as never);
    return true;
  }

  function settle(job: AnyJobSnapshot): void {
    const { jobId, status } = job;
    settleOnce(job, { initial: table.endedBefore(jobId), foreign: table.isForeign(jobId) }, memory, handlers);
    unheard.delete(jobId);
    if (!isFinal(status)) return;
    tracker.release(jobId);
    if (memory.isTracked(jobId) && !hasToldEnd(jobId, memory)) unheard.set(jobId, job);
    // As many as the tab tracks at most.
    if (unheard.size > MOST_TRACKED) prune();
  }

  function prune(): void {
    for (const jobId of unheard.keys()) if (!memory.isTracked(jobId)) unheard.delete(jobId);
  }

  const notify = () => table.notify();

  function settleAll(): void {
    const mine = session;
    prune();
    // A handler may sign the user out.
    for (const job of new Set([...table.list(), ...unheard.values()])) if (mine === session) settle(job);
  }

  let receive = arrive;
  return {
    get session() {
      return session;
    },
    receive: (...states) => receive(...states),
    answered({ snapshots, foreign = [] }) {
      const mine = session;
      const decided = snapshots.map(({ jobId }) => jobId);
      for (const jobId of unsure) if (!registry.isAsked(jobId) && unsure.delete(jobId)) decided.push(jobId);
      const ownNow = decided.filter((jobId) => table.setForeign(jobId, foreign.includes(jobId)));
      receive(snapshots, 'answer');
      // An end may have come before it was known to be the user's own.
      if (mine === session && ownNow[0]) settleAll();
      return mine === session;
    },
    settleAgain(jobId) {
      const job = table.find(jobId) ?? unheard.get(jobId);
      if (job) settle(job);
    },
    settleAll,
    inspect(wrap) {
      const mine = (receive = wrap(arrive));
      return {
        subscriptions: registry.list,
        stop() {
          if (receive === mine) receive = arrive;
        },
      };
    },
    keepFollowed: () => table.keep(isWanted),
    clear() {
      // Whoever waits for a job hears of the change, and looks whether it is still the same session.
      session = {};
      unheard.clear();
      unsure.clear();
      table.clear();
    },
  };
}
