import { JobEventsError } from '@notes/job-events-protocol';
import { createAlarm, type Timing } from '../timing.js';
import type { OpenTransport, Request, TransportConnection } from '../transport/transport.js';
import { transition, type Connection, type ConnectionEvent, type ConnectionReason, type ConnectionState } from './connection-state.js';
import { reconnectDelay } from './reconnect-delay.js';

const TOKEN_MS = 5_000;
const OPEN_MS = 10_000;
const ANSWER_MS = 5_000;
const STABLE_MS = 30_000;

export interface DriverOptions {
  readonly timing: Timing;
  readonly open: OpenTransport;
  /** Called anew for each attempt. */
  readonly token: () => Promise<string | undefined>;
  readonly onState: (state: ConnectionState, previous: ConnectionState, reason: ConnectionReason, message?: string) => void;
  readonly onEvent: (name: string, payload: unknown) => void;
  readonly onError: (error: unknown) => void;
}

export interface ConnectionDriver {
  readonly state: ConnectionState;
  connect(): void;
  /** Gives the connection up; with a reason that is not final, a new attempt follows. */
  lose(reason: ConnectionReason, message?: string): void;
  /** Does not wait any longer for the next attempt. */
  hurry(): void;
  /** Only while CONNECTED. Rejects after 5 s without an answer, and the connection then counts as lost. */
  readonly request: Request;
}

/** Carries out what the state machine decides: opens, waits, closes. */
export function createConnectionDriver({ timing, open, token, onState, onEvent, onError }: DriverOptions): ConnectionDriver {
  let connection: Connection = { state: 'DISCONNECTED' };
  let link: TransportConnection | undefined;
  /** The attempt or connection that counts. What comes from any other is ignored. */
  let current: object | undefined;
  /** One for each state: until the next attempt, until an attempt is given up, until a connection counts as stable. */
  const alarm = createAlarm(timing);

  function dispatch(event: ConnectionEvent, reason: ConnectionReason, message?: string): void {
    const previous = connection;
    connection = transition(previous, event);
    if (connection === previous) return;
    alarm.clear();
    if (event.type === 'accepted') alarm.set(STABLE_MS, () => dispatch({ type: 'settled' }, reason));
    if (event.type === 'connect') void attempt();
    if (event.type === 'lost') {
      current = undefined;
      link?.close();
      link = undefined;
      if (connection.state !== 'DISCONNECTED')
        alarm.set(reason === 'USER_CHANGED' ? 0 : reconnectDelay(connection.failures, timing.random()), attempt);
    }
    if (connection.state !== previous.state) onState(connection.state, previous.state, reason, message);
  }

  const lose = (reason: ConnectionReason, message?: string) => dispatch({ type: 'lost', reason }, reason, message);

  async function attempt(): Promise<void> {
    const mine = (current = {});
    const ifCurrent =
      <Args extends unknown[]>(callback: (...args: Args) => void) =>
      (...args: Args) => {
        if (mine === current) callback(...args);
      };
    alarm.set(TOKEN_MS, () => lose('TOKEN_UNAVAILABLE'));
    try {
      const credentials = await token();
      if (mine !== current) return;
      alarm.set(OPEN_MS, () => lose('UNREACHABLE'));
      link = open(credentials, {
        onOpen: ifCurrent(() => dispatch({ type: 'accepted' }, 'ACCEPTED')),
        onClose: ifCurrent(lose),
        onEvent: ifCurrent(onEvent),
      });
    } catch (error) {
      onError(error);
      ifCurrent(lose)('TOKEN_UNAVAILABLE');
    }
  }

  return {
    get state() {
      return connection.state;
    },
    connect: () => dispatch({ type: 'connect' }, 'CONNECT_CALLED'),
    lose,
    hurry() {
      if (connection.state !== 'DISCONNECTED' && !current) void attempt();
    },
    request: (name, payload) =>
      new Promise((resolve, reject) => {
        const mine = current;
        const fail = (cause?: unknown) => {
          if (mine === current) lose('NO_ANSWER');
          reject(new JobEventsError('NO_ANSWER', `The server did not answer '${name}'.`, { cause }));
        };
        if (connection.state !== 'CONNECTED' || !link) return fail();
        const timer = timing.setTimeout(fail, ANSWER_MS);
        link
          .request(name, payload)
          .finally(() => timing.clearTimeout(timer))
          .then((answer) => (mine === current ? resolve(answer) : fail()), fail);
      }),
  };
}
