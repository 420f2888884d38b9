import { JobEventsServerError } from '../server-errors.js';

/** What one client may ask for. What goes beyond is answered, never thrown. */
export interface GatewayLimits {
  /** Bytes of JSON in one client event. A full `sync` needs about 40 KiB. */
  readonly payloadBytes: number;
  /** Rooms one socket may be in. */
  readonly subscriptionsPerSocket: number;
  /** Sockets of one user on one process. */
  readonly socketsPerUser: number;
  /** Client events of one socket, and HTTP requests of one user, a second. */
  readonly eventsPerSecond: number;
  /** How many of them may come at once. */
  readonly eventBurst: number;
  /**
   * Job states read for one socket, and over HTTP for one user, a second: each id that is named or subscribed, and each
   * job of a list. A client that follows 200 jobs needs about 30.
   */
  readonly readsPerSecond: number;
  /** How many of them may be read at once. Connecting anew with 200 jobs takes about 1,000. */
  readonly readBurst: number;
  /** Subscriptions in one `subscribe` or `unsubscribe`. */
  readonly batchSize: number;
  /** Bytes that may wait for one socket before it is cut. */
  readonly outgoingBytes: number;
}

const DEFAULT_LIMITS: GatewayLimits = {
  payloadBytes: 65_536,
  subscriptionsPerSocket: 100,
  socketsPerUser: 50,
  eventsPerSecond: 20,
  eventBurst: 50,
  readsPerSecond: 300,
  readBurst: 3_000,
  batchSize: 100,
  outgoingBytes: 262_144,
};

/**
 * The limits that hold: those given, else the defaults. `undefined`, which compares with nothing, would be no limit.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` for what is not a number above 0.
 */
export function readLimits(given: Partial<GatewayLimits> = {}): GatewayLimits {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of set)
    if (!(typeof value === 'number' && value > 0))
      throw new JobEventsServerError('INVALID_OPTIONS', `limits.${name} must be a number above 0, not ${String(value)}; Infinity takes the limit away.`);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(set) };
}

/** Times that the specification fixes, in milliseconds. */
export const TIMES = {
  /** Every client event is answered within this (section 2). */
  answer: 3_000,
  authentication: 5_000,
  /** How long a client's request waits for one answer of `authorize` or `onCancel`: it has to be answered itself. */
  callback: 2_500,
  /** How long others wait for an `authorize` that is asked again. */
  reauthorization: 5_000,
  /** How often it is asked again, by default. */
  reauthorizeEvery: 30_000,
  /** `auth:expiring` comes this long before `expiresAt` and every so often until the cut, which comes this long after it. */
  expiryNotice: 30_000,
  expiryNoticeAgain: 15_000,
  expiryGrace: 30_000,
  /** A run that was silent this long no longer stands in the way of a cancel. */
  silentRun: 30_000,
  /** How long finished jobs stay in lists, by default. */
  retention: 600_000,
} as const;
