import type { ClientOptions } from './client-options.js';
import type { ConnectionReason } from './connection/connection-state.js';
import type { OpenTransport, Requests, TransportConnection } from './transport/transport.js';

/** One line of what a client does. Durations are in ms. Tokens are never in it. */
export type DebugEntry =
  /** `auth` was asked; `isGiven`: it gave a token. */
  | { readonly type: 'token'; readonly isGiven: boolean; readonly ms: number }
  /** An attempt to connect begins. */
  | { readonly type: 'connecting' }
  /** `transport`: `websocket` or `polling`, where the transport tells it. */
  | { readonly type: 'connected'; readonly transport: string | undefined; readonly ms: number }
  /** The connection was not made or is over, and why. */
  | { readonly type: 'closed'; readonly reason: ConnectionReason | 'CLOSED_BY_CLIENT'; readonly message?: string | undefined }
  /** A request that was sent, such as `subscribe` or `sync`. */
  | { readonly type: 'request'; readonly name: keyof Requests; readonly payload: unknown }
  | { readonly type: 'answer'; readonly name: keyof Requests; readonly answer: unknown; readonly ms: number }
  | { readonly type: 'event'; readonly name: string; readonly payload: unknown }
  /** A status request; without `status` no answer came. */
  | { readonly type: 'http'; readonly method: string; readonly url: string; readonly status: number | undefined; readonly ms: number }
  | { readonly type: 'error'; readonly error: unknown };

// oxlint-disable-next-line no-console -- what it is for
const print = ({ type, ...details }: DebugEntry): void => console.debug(`job-events ${type}`, details);

/**
 * Options of a client that also tells what goes over the wire and why, for a person who looks for a fault. Costs nothing
 * where it is not imported. It changes nothing of what the client does.
 *
 * @param options Those of the client.
 * @param write Takes each entry. Default: `console.debug`.
 *
 * @example
 * WebSocketService.configure(import.meta.env.DEV ? debug(options) : options);
 */
export function debug(options: ClientOptions = {}, write: (entry: DebugEntry) => void = print): ClientOptions {
  const share = options.shareAcrossTabs ?? ((open: OpenTransport) => open);
  /** Two clients of one name are the same to `configure`, however often this module is loaded. */
  const { sharedAs = 'debug' } = share as { readonly sharedAs?: string };
  return {
    ...options,
    ...(options.auth && { auth: debugAuth(options.auth, write) }),
    fetch: debugFetch(options, write),
    shareAcrossTabs: Object.assign((open: OpenTransport) => debugTransport(share(open), write), { sharedAs }),
    onError(error) {
      write({ type: 'error', error });
      if (options.onError) return options.onError(error);
      // oxlint-disable-next-line no-console -- as a client does that has no `onError`
      (globalThis.reportError ?? console.error)(error);
    },
  };
}

const clock = (): (() => number) => {
  const begun = performance.now();
  return () => Math.round(performance.now() - begun);
};

function debugAuth(auth: NonNullable<ClientOptions['auth']>, write: (entry: DebugEntry) => void): NonNullable<ClientOptions['auth']> {
  return async () => {
    const elapsed = clock();
    const token = await auth();
    write({ type: 'token', isGiven: !!token, ms: elapsed() });
    return token;
  };
}

function debugFetch(options: ClientOptions, write: (entry: DebugEntry) => void): typeof fetch {
  return async (input, init) => {
    const elapsed = clock();
    const tell = (status?: number) => write({ type: 'http', method: init?.method ?? 'GET', url: String(input), status, ms: elapsed() });
    try {
      const response = await (options.fetch ?? fetch)(input, init);
      tell(response.status);
      return response;
    } catch (error) {
      tell();
      throw error;
    }
  };
}

function debugTransport(open: OpenTransport, write: (entry: DebugEntry) => void): OpenTransport {
  return (token, listener, renew) => {
    const elapsed = clock();
    let isOver = false;
    write({ type: 'connecting' });
    // A transport may open at once.
    let connection: TransportConnection | undefined;
    connection = open(
      token,
      {
        onOpen() {
          write({ type: 'connected', transport: connection?.transport, ms: elapsed() });
          listener.onOpen();
        },
        onClose(reason, message) {
          isOver = true;
          write({ type: 'closed', reason, message });
          listener.onClose(reason, message);
        },
        onEvent(name, payload) {
          write({ type: 'event', name, payload });
          listener.onEvent(name, payload);
        },
      },
      renew,
    );
    return {
      get transport() {
        return connection.transport;
      },
      async request(name, payload) {
        const answered = clock();
        write({ type: 'request', name, payload: name === 'authenticate' ? {} : payload });
        const answer = await connection.request(name, payload);
        write({ type: 'answer', name, answer, ms: answered() });
        return answer;
      },
      close() {
        if (!isOver) write({ type: 'closed', reason: 'CLOSED_BY_CLIENT' });
        isOver = true;
        connection.close();
      },
    };
  };
}
