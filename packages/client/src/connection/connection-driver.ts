import { JobEventsError } from '@notes/job-events-protocol';
import { noAnswer } from '../client-errors.js';
import { createAlarm, within, type Timing } from '../timing.js';
import type { OpenTransport, Request, TransportConnection } from '../transport/transport.js';
import { transition, type Connection, type ConnectionEvent, type ConnectionReason, type ConnectionState, type ConnectionStatus } from './connection-state.js';
import { reconnectDelay } from './reconnect-delay.js';
import { ANSWER_MS, FRESH_TOKEN_MS, MOST_FRESH_TOKENS, OPEN_MS, STABLE_MS, TOKEN_MS } from '../limits.js';

export interface DriverOptions {
  readonly timing: Timing;
  /** Of the server, for messages. */
  readonly address: string;
  readonly open: OpenTransport;
  /** Called anew for each attempt. */
  readonly token: () => Promise<string | undefined>;
  readonly onError: (error: unknown) => void;
}

export interface DriverListener {
  onState(state: ConnectionState, previous: ConnectionState, reason: ConnectionReason, message?: string): void;
  onEvent(name: string, payload: unknown): void;
  /** `status` is another one, also where the state is the same. */
  onStatus?(): void;
}

export interface ConnectionDriver {
  readonly state: ConnectionState;
  /** The same object as long as nothing changes. */
  readonly status: ConnectionStatus;
  /**
   * Lets something happen to the connection, such as `CONNECT_CALLED`; after a loss that is not final an attempt follows.
   * What begins a connection hurries one that is being made already.
   */
  dispatch(event: ConnectionEvent, message?: string): void;
  /** Does not wait any longer for the next attempt, nor for one that was begun before the device slept. */
  hurry(): void;
  /** Sets the one who hears of changes and events, before the first attempt. */
  listen(listener: DriverListener): void;
  /** Only while CONNECTED. Rejects after 5 s without an answer, and the connection then counts as lost. */
  readonly request: Request;
}

/** What `onError` is told of while there is no connection, and the likeliest cause. */
const CHECKS: { readonly [E in ConnectionEvent]?: string } = {
  UNREACHABLE: 'url, path, CORS and proxies',
  REFUSED: 'the server',
  TOKEN_UNAVAILABLE: 'auth',
  UNAUTHENTICATED: 'auth',
  FORBIDDEN: 'authenticate on the server',
  UNSUPPORTED_PROTOCOL: 'the versions of client and server',
};

/** Carries out what the state machine decides: opens, waits, closes. */
export function createConnectionDriver({ timing, address, open, token, onError }: DriverOptions): ConnectionDriver {
  let connection: Connection = { state: 'DISCONNECTED', reason: 'DISCONNECT_CALLED' };
  let status: ConnectionStatus = connection;
  let listener: DriverListener | undefined;
  let link: TransportConnection | undefined;
  /** The attempt or connection that counts. What comes from any other is ignored. */
  let current: object | undefined;
  /** What `onError` was told: each fault once until a connection is made, not at each attempt. */
  const toldFaults = new Set<string>();
  /** How often `auth` was asked again since a token was refused. */
  let timesAsked = 0;
  /** Wall time, which goes on while the device sleeps: an attempt from before is dead. */
  let begunAt = 0;
  /** One for each state: until the next attempt, until an attempt is given up, until a connection counts as stable. */
  const alarm = createAlarm(timing);
  /** Until `auth` is asked again; no program lives on for it. */
  const tokenAlarm = createAlarm(timing, false);

  /** `credentials`: a token for the attempt that this begins. */
  function dispatch(event: ConnectionEvent, message?: string, credentials?: string): void {
    const previous = connection;
    const isBeginning = event === 'CONNECT_CALLED' || event === 'WOKE';
    connection = transition(previous, event);
    if (connection === previous && isBeginning) hurry();
    if (connection === previous || event === 'STABLE') return;
    const { state } = connection;
    let nextAttemptAt: number | undefined;
    let error: ConnectionStatus['error'];
    alarm();
    tokenAlarm();
    if (event === 'ACCEPTED' || isBeginning) {
      toldFaults.clear();
      timesAsked = 0;
    }
    if (event === 'ACCEPTED') alarm(STABLE_MS, () => dispatch('STABLE'));
    else if (isBeginning || event === 'TOKEN_REPLACED') void attempt(credentials);
    else {
      letGo();
      if (state !== 'DISCONNECTED') {
        const delay = event === 'USER_CHANGED' ? 0 : reconnectDelay(connection.failures, timing.random());
        nextAttemptAt = timing.now() + delay;
        alarm(delay, attempt);
      } else if (event !== 'DISCONNECT_CALLED') error = new JobEventsError(event, message ?? `There is no connection: ${event}.`);
    }
    setStatus({ state, reason: event, message, nextAttemptAt, error });
    if (state !== previous.state) listener?.onState(state, previous.state, event, message);
    if (CHECKS[event] && !(event === 'UNREACHABLE' && state === 'RECONNECTING')) tellOnce(event, message);
  }

  /** Networks fail in many words, and servers refuse for several reasons. */
  function tellOnce(reason: ConnectionReason, message = reason as string, thrown?: unknown): void {
    const fault = reason === 'REFUSED' ? message : reason;
    if (toldFaults.has(fault)) return;
    toldFaults.add(fault);
    onError(thrown ?? new JobEventsError(reason, `There is no connection to ${address}: ${message.replace(/\.$/, '')}. Check ${CHECKS[reason]}.`));
  }

  function setStatus(next: ConnectionStatus): void {
    status = next;
    listener?.onStatus?.();
  }

  function letGo(): void {
    link?.close();
    link = current = undefined;
  }

  async function attempt(replacement?: string): Promise<void> {
    const mine = (current = {});
    begunAt = timing.now();
    if (status.nextAttemptAt !== undefined) setStatus({ ...status, nextAttemptAt: undefined });
    const happen = (event: ConnectionEvent, message?: string) => {
      if (mine === current) dispatch(event, message);
    };
    /** What it means if something of the application's throws. */
    let failure: ConnectionReason = 'TOKEN_UNAVAILABLE';
    alarm(TOKEN_MS, () => dispatch('TOKEN_UNAVAILABLE'));
    try {
      const credentials = replacement ?? (await token());
      if (mine !== current) return;
      failure = 'UNREACHABLE';
      alarm(OPEN_MS, () => dispatch('UNREACHABLE'));
      const attempted = {
        onOpen: () => happen('ACCEPTED'),
        onClose(reason: ConnectionReason, message?: string) {
          if (reason !== 'UNAUTHENTICATED' || mine !== current) return happen(reason, message);
          alarm();
          letGo();
          void tokenRefused(credentials, message);
        },
        onEvent(name: string, payload: unknown) {
          if (mine === current) listener?.onEvent(name, payload);
        },
      };
      link = open(credentials, attempted, token);
    } catch (error) {
      tellOnce(failure, failure, error);
      happen(failure);
    }
  }

  /**
   * A token may be stale for a moment, as where a device wakes and the application is still renewing it. So `auth` is asked
   * again at once, and a few times more later. Only another token is tried.
   */
  async function tokenRefused(refused: string | undefined, message: string | undefined, isLater = timesAsked > 0): Promise<void> {
    if (!isLater) {
      const mine = (current = {});
      timesAsked++;
      const fresh = await within(timing, TOKEN_MS, token).catch(() => {});
      if (mine !== current) return;
      if (fresh && fresh !== refused) return dispatch('TOKEN_REPLACED', message, fresh);
    }
    dispatch('UNAUTHENTICATED', message);
    // Whoever heard of it may have called `connect` or `disconnect`.
    if (status.error && timesAsked < MOST_FRESH_TOKENS) tokenAlarm(FRESH_TOKEN_MS * 2 ** (timesAsked - 1), () => void tokenRefused(refused, message, false));
  }

  function hurry(): void {
    const isUnderWay = current && timing.now() - begunAt < OPEN_MS;
    if (connection.state === 'DISCONNECTED' || connection.state === 'CONNECTED' || isUnderWay) return;
    link?.close();
    void attempt();
  }

  return {
    get state() {
      return connection.state;
    },
    get status() {
      return status;
    },
    dispatch,
    listen: (theirs) => void (listener = theirs),
    hurry,
    async request(name, payload) {
      const mine = current;
      const asked = link;
      if (connection.state !== 'CONNECTED' || !asked) throw noAnswer(name);
      const answer = await within(timing, ANSWER_MS, () => asked.request(name, payload)).catch((cause) => {
        if (mine === current) dispatch('NO_ANSWER');
        throw noAnswer(name, cause);
      });
      if (mine !== current) throw noAnswer(name);
      return answer;
    },
  };
}
