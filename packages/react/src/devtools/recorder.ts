import type { AnyJobSnapshot, ConnectionReason, ConnectionState, FollowedSubscription, Inspection, Receive } from '@notes/job-events-client';

import type { UntypedClient } from '../untyped.js';

const MOST_ARRIVALS = 500;
const MOST_CHANGES = 50;

/**
 * What became of a state that arrived. `new`: taken over. `repeated`: known already. `stale`: a newer one, or the end,
 * was known. `ignored`: nobody follows the job any more, it was dismissed, or it is no job. `dropped`: by the button.
 */
export type Outcome = 'new' | 'repeated' | 'stale' | 'ignored' | 'dropped';

export interface Arrival {
  readonly id: number;
  /** When it came last, in ms since 1970. */
  readonly at: number;
  readonly source: Parameters<Receive>[1];
  readonly outcome: Outcome;
  readonly job: AnyJobSnapshot;
  /** How often the same came in succession. */
  readonly times: number;
}

export interface ConnectionChange {
  readonly id: number;
  readonly at: number;
  readonly state: ConnectionState;
  readonly reason: ConnectionReason;
}

/** What was seen since the recorder began to listen; a new object after each change. */
export interface Recording {
  readonly state: ConnectionState;
  /** The latest last, as are `arrivals`. */
  readonly changes: readonly ConnectionChange[];
  readonly subscriptions: readonly FollowedSubscription[];
  readonly arrivals: readonly Arrival[];
  /** How many of the next events will be dropped, or delivered twice. */
  readonly faults: { readonly drop: number; readonly duplicate: number };
}

export interface Recorder {
  /** Listens to the client while it has a listener itself. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getRecording: () => Recording;
  dropNext(): void;
  duplicateNext(): void;
  clear(): void;
}

/** Records what reaches a client. Only events are dropped or duplicated, as only those are not asked for again. */
export function createRecorder(client: UntypedClient, now: () => number = Date.now): Recorder {
  const listeners = new Set<() => void>();
  let lastId = 0;
  let stop = () => {};
  let recording: Recording = {
    state: client.state,
    changes: [],
    subscriptions: [],
    arrivals: [],
    faults: { drop: 0, duplicate: 0 },
  };

  function update(change: Partial<Recording>): void {
    recording = { ...recording, ...change };
    listeners.forEach((listener) => listener());
  }

  function note(snapshot: unknown, source: Arrival['source'], outcome: Outcome): void {
    const job = snapshot as AnyJobSnapshot;
    const { arrivals } = recording;
    const last = arrivals.findLast((arrival) => arrival.job.jobId === job.jobId);
    const isSame = last && last.source === source && last.outcome === outcome && isSameVersion(last.job, job);
    const arrival = { id: isSame ? last.id : ++lastId, at: now(), source, outcome, job, times: isSame ? last.times + 1 : 1 };
    update({ arrivals: [...arrivals.filter(({ id }) => id !== arrival.id), arrival].slice(-MOST_ARRIVALS) });
  }

  const tap =
    (receive: Receive): Receive =>
    (snapshots, source) => {
      const handOn = (snapshot: unknown): boolean => {
        const before = isJob(snapshot) ? client.getJob(snapshot.jobId) : undefined;
        const isNews = receive([snapshot], source);
        if (isJob(snapshot)) note(snapshot, source, isNews ? 'new' : outcomeOf(snapshot, before));
        return isNews;
      };
      const results = snapshots.map((snapshot) => {
        const { drop, duplicate } = recording.faults;
        if (source !== 'event' || !isJob(snapshot)) return handOn(snapshot);
        if (drop > 0) {
          update({ faults: { drop: drop - 1, duplicate } });
          note(snapshot, source, 'dropped');
          return false;
        }
        const isNews = handOn(snapshot);
        if (duplicate > 0) {
          update({ faults: { drop, duplicate: duplicate - 1 } });
          handOn(snapshot);
        }
        return isNews;
      });
      return results.includes(true);
    };

  function listen(): void {
    const inspection = client.inspect(tap);
    const off = client.on({
      onStateChange: (state, _previous, reason) =>
        update({ state, changes: [...recording.changes, { id: ++lastId, at: now(), state, reason }].slice(-MOST_CHANGES) }),
    });
    // What is followed is not announced by the client, and this is for eyes, to which a quarter of a second is nothing.
    const timer = setInterval(() => lookAtSubscriptions(inspection), 250);
    recording = { ...recording, state: client.state };
    lookAtSubscriptions(inspection);
    stop = () => {
      clearInterval(timer);
      off();
      inspection.stop();
    };
  }

  function lookAtSubscriptions(inspection: Inspection): void {
    const subscriptions = inspection.subscriptions().filter(({ holders }) => holders > 0);
    if (JSON.stringify(subscriptions) === JSON.stringify(recording.subscriptions)) return;
    update({ subscriptions: subscriptions.map((followed) => ({ ...followed })) });
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) listen();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    getRecording: () => recording,
    dropNext: () => update({ faults: { ...recording.faults, drop: recording.faults.drop + 1 } }),
    duplicateNext: () => update({ faults: { ...recording.faults, duplicate: recording.faults.duplicate + 1 } }),
    clear: () => update({ arrivals: [], changes: [] }),
  };
}

/** As far as it is looked at here; the client checks the rest. */
const isJob = (value: unknown): value is AnyJobSnapshot =>
  typeof value === 'object' && value !== null && 'jobId' in value && 'version' in value && Array.isArray(value.version);

const isSameVersion = (one: Pick<AnyJobSnapshot, 'version'>, other: Pick<AnyJobSnapshot, 'version'>): boolean =>
  one.version.join() === other.version.join();

function outcomeOf(job: AnyJobSnapshot, before: Pick<AnyJobSnapshot, 'version'> | undefined): Outcome {
  if (before === undefined) return 'ignored';
  return isSameVersion(job, before) ? 'repeated' : 'stale';
}

const recorders = new WeakMap<UntypedClient, Recorder>();

/** The one recorder of a client. */
export function recorderOf(client: UntypedClient): Recorder {
  const recorder = recorders.get(client) ?? createRecorder(client);
  recorders.set(client, recorder);
  return recorder;
}
