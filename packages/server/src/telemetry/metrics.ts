import type { JobEventName, WireErrorCode } from '@notes/job-events-protocol';
import type { ServerErrorCode } from '../server-errors.js';

type Attributes = Record<string, string>;

interface Instrument {
  add(value: number, attributes?: Attributes): void;
}

interface InstrumentOptions {
  readonly description: string;
  readonly unit: string;
}

/** What of an OpenTelemetry `Meter` is used: `metrics.getMeter('job-events')` of `@opentelemetry/api` fits. */
export interface Meter {
  createCounter(name: string, options: InstrumentOptions): Instrument;
  createUpDownCounter(name: string, options: InstrumentOptions): Instrument;
  createHistogram(name: string, options: InstrumentOptions): { record(value: number, attributes?: Attributes): void };
}

/** How a client's request ended. */
export type Outcome = 'OK' | WireErrorCode;

/** What the library counts, each number once, under the names that an operator sees. Without a meter nothing is counted. */
export interface Metrics {
  /** Whether anybody counts: what costs something for each delivery is spared otherwise. */
  readonly isCounting: boolean;
  /** Progress that a worker reported. */
  reported(): void;
  /** Progress that gave way to newer progress of its job before it went out. */
  coalesced(): void;
  /** An event on its way to whoever watches. */
  broadcast(event: JobEventName): void;
  /** An event on its way to one socket of this process. */
  delivered(): void;
  /** Whatever went to `onError`. */
  fault(code: ServerErrorCode): void;
  socketOpened(): void;
  socketClosed(): void;
  socketRefused(code: WireErrorCode): void;
  /** A socket that did not read. */
  socketCut(): void;
  subscribed(): void;
  unsubscribed(): void;
  /** A client event, or an HTTP request to the status endpoint. */
  answered(request: string, via: 'socket' | 'http', outcome: Outcome, milliseconds: number): void;
}

const ignore = (): void => undefined;

const NOTHING_COUNTED: Metrics = {
  isCounting: false,
  reported: ignore,
  coalesced: ignore,
  broadcast: ignore,
  delivered: ignore,
  fault: ignore,
  socketOpened: ignore,
  socketClosed: ignore,
  socketRefused: ignore,
  socketCut: ignore,
  subscribed: ignore,
  unsubscribed: ignore,
  answered: ignore,
};

/** Makes the instruments. `undefined`: nothing is counted, at the cost of a call. */
export function createMetrics(meter: Meter | undefined): Metrics {
  if (meter === undefined) return NOTHING_COUNTED;
  const counter = (name: string, description: string, unit: string): Instrument =>
    meter.createCounter(`job_events.${name}`, { description, unit });
  const gauge = (name: string, description: string, unit: string): Instrument =>
    meter.createUpDownCounter(`job_events.${name}`, { description, unit });

  const reports = counter('reports', 'Progress that workers reported.', '{report}');
  const coalesced = counter('reports.coalesced', 'Progress that gave way to newer progress before it went out.', '{report}');
  const broadcasts = counter('broadcasts', 'Events on their way to whoever watches.', '{event}');
  const deliveries = counter('deliveries', 'Events on their way to one socket of this process.', '{event}');
  const faults = counter('faults', 'What went to onError, by code.', '{fault}');
  const sockets = gauge('sockets', 'Sockets connected to this process.', '{socket}');
  const refused = counter('sockets.refused', 'Sockets that were not let in, by code.', '{socket}');
  const cut = counter('sockets.cut', 'Sockets that were cut because they did not read.', '{socket}');
  const subscriptions = gauge('subscriptions', 'Subscriptions of the sockets of this process.', '{subscription}');
  const requests = meter.createHistogram('job_events.request.duration', {
    description: 'How long client events and status requests took to be answered.',
    unit: 's',
  });

  return {
    isCounting: true,
    reported: () => reports.add(1),
    coalesced: () => coalesced.add(1),
    broadcast: (event) => broadcasts.add(1, { event }),
    delivered: () => deliveries.add(1),
    fault: (code) => faults.add(1, { code }),
    socketOpened: () => sockets.add(1),
    socketClosed: () => sockets.add(-1),
    socketRefused: (code) => refused.add(1, { code }),
    socketCut: () => cut.add(1),
    subscribed: () => subscriptions.add(1),
    unsubscribed: () => subscriptions.add(-1),
    answered: (request, via, outcome, milliseconds) => requests.record(milliseconds / 1_000, { request, via, outcome }),
  };
}
