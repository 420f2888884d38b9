import type { JobEventsError } from '@notes/job-events-protocol';

/** As the application sees it: `client.state`. */
export type ConnectionState = 'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING';

/** The connection at one moment: another object after each change. */
export interface ConnectionStatus {
  readonly state: ConnectionState;
  /** Why the state changed last, or why the last attempt failed. */
  readonly reason: ConnectionReason;
  /** What the server said as it refused. */
  readonly message?: string | undefined;
  /** When the next attempt begins, in ms since 1970; absent while none is waited for. */
  readonly nextAttemptAt?: number | undefined;
  /** Why the client stopped trying; absent while it tries, is connected, or was disconnected by the application. */
  readonly error?: JobEventsError<ConnectionReason> | undefined;
}

/** Why the state changed. With a reason in {@link FINAL_REASONS} the client stops; after any other it tries again. */
export type ConnectionReason =
  /** `connect()` was called. */
  | 'CONNECT_CALLED'
  /** After a refusal the page was shown again, or the network came back: the server may see it otherwise now. */
  | 'WOKE'
  /** The server accepted the connection; with `pollingOnly`, it answered a first status request. */
  | 'ACCEPTED'
  /** `disconnect()` or `reset()` was called. */
  | 'DISCONNECT_CALLED'
  /** `auth` threw, or gave no token within 5 s. */
  | 'TOKEN_UNAVAILABLE'
  /** No server was reached, or it did not answer in time. */
  | 'UNREACHABLE'
  /** The server refused for a reason that can pass, such as a store that is away. */
  | 'REFUSED'
  /** The server closed the connection. */
  | 'CLOSED_BY_SERVER'
  /** The network closed the connection. */
  | 'CONNECTION_LOST'
  /** The connection looked open, but an acknowledgement did not come within its time. */
  | 'NO_ANSWER'
  /** Another user's jobs are asked for, so a new connection with a new token is opened. */
  | 'USER_CHANGED'
  /** The server did not accept the token, and `auth`, asked again, gives another one, which is tried at once. */
  | 'TOKEN_REPLACED'
  /** The server does not accept the token. */
  | 'UNAUTHENTICATED'
  /** The server does not allow this user to connect. */
  | 'FORBIDDEN'
  /** The server speaks another version of the protocol. */
  | 'UNSUPPORTED_PROTOCOL';

/** The reasons after which the client stops trying. It tries again when the page wakes, except after `DISCONNECT_CALLED`. */
export const FINAL_REASONS: readonly ConnectionReason[] = [
  'DISCONNECT_CALLED',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'UNSUPPORTED_PROTOCOL',
];

/** `code` as the reason that it is, if it is a final one. */
export const finalReason = (code: unknown): ConnectionReason | undefined => FINAL_REASONS.find((reason) => reason === code);

/** `failures`: connections lost or not made since the last one that stayed up for long; sets the next delay. */
export type Connection =
  | { readonly state: 'DISCONNECTED'; readonly reason: ConnectionReason }
  | { readonly state: 'CONNECTING' | 'CONNECTED' | 'RECONNECTING'; readonly failures: number };

/** What happens to a connection: a reason to change its state, or `STABLE`, after which the next loss counts as the first. */
export type ConnectionEvent = ConnectionReason | 'STABLE';

/**
 * The whole state machine. Returns `connection` itself where an event means nothing in its state, so that what arrives
 * late changes nothing.
 */
export function transition(connection: Connection, event: ConnectionEvent): Connection {
  if (connection.state === 'DISCONNECTED') {
    const mayWake = connection.reason !== 'DISCONNECT_CALLED';
    const begins = event === 'CONNECT_CALLED' || (mayWake && (event === 'WOKE' || event === 'TOKEN_REPLACED'));
    if (begins) return { state: 'CONNECTING', failures: 0 };
    // A logout after a refusal: from now on nothing wakes it.
    return event === 'DISCONNECT_CALLED' && connection.reason !== event ? { ...connection, reason: event } : connection;
  }
  const { state, failures } = connection;
  switch (event) {
    case 'CONNECT_CALLED':
    case 'WOKE':
      return connection;
    case 'ACCEPTED':
      return state === 'CONNECTED' ? connection : { state: 'CONNECTED', failures };
    case 'STABLE':
      return state === 'CONNECTED' ? { state, failures: 0 } : connection;
    default:
      if (finalReason(event)) return { state: 'DISCONNECTED', reason: event };
      return { state: state === 'CONNECTED' ? 'RECONNECTING' : state, failures: failures + 1 };
  }
}
