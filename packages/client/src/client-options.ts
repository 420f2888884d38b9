import type { Manager, ManagerOptions } from 'socket.io-client';
import type { ClientError } from './client-errors.js';
import type { WatchWakeSignals } from './connection/wake-signals.js';
import type { OpenTransport } from './transport/transport.js';

/** Everything is optional: without options the client speaks to the origin of the page, with its cookies. */
export interface ClientOptions {
  /** The server's origin, such as `https://api.example.com`. Default: the origin of the page. */
  readonly url?: string | undefined;
  /** Where Socket.IO answers. Default `/socket.io`. */
  readonly path?: string | undefined;
  /** Default `/jobs`. */
  readonly namespace?: string | undefined;
  /** Where the status of jobs is asked for over HTTP. Default: `/api/jobs` at `url`. */
  readonly statusUrl?: string | undefined;
  /**
   * A `Manager` of `socket.io-client` that the application has already: the jobs then share its one connection. `url`,
   * `path`, `transports`, `query`, `extraHeaders` and `parser` are the manager's own. Closing the client leaves the
   * namespace, and closes the connection only where no other namespace uses it.
   */
  readonly manager?: Manager | undefined;
  /**
   * The transports of Socket.IO, in order, such as `['polling', 'websocket']`. Default: WebSocket, and long polling
   * beside it where that has not opened after 2 s.
   */
  readonly transports?: readonly ('websocket' | 'polling' | 'webtransport')[] | undefined;
  /** Added to the address of each Socket.IO request. It is seen in logs: no place for a token. */
  readonly query?: ManagerOptions['query'] | undefined;
  /** Headers of Socket.IO's requests. Browsers send none with a WebSocket. */
  readonly extraHeaders?: ManagerOptions['extraHeaders'] | undefined;
  /** The parser of the Socket.IO server, where it has another than the default. */
  readonly parser?: ManagerOptions['parser'] | undefined;
  /** Another way to the server than Socket.IO; see {@link OpenTransport}. The options above do not apply to it. */
  readonly transport?: OpenTransport | undefined;
  /**
   * The token of the user, called anew for each attempt to connect and each status request, so that it can be a fresh
   * one. `null` or `undefined`: no token, as with cookies. An attempt is given up when no answer comes within 5 s.
   */
  readonly auth?: (() => string | null | undefined | Promise<string | null | undefined>) | undefined;
  /** Sends cookies to another origin too. Default `false`. */
  readonly withCredentials?: boolean | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
  /** `true`: no socket at all, only status requests, for networks that allow nothing else. Default `false`. */
  readonly pollingOnly?: boolean | undefined;
  /** From `@notes/job-events-client/tabs`: one socket for all tabs of a browser. Default: one for each tab. */
  readonly shareAcrossTabs?: ((open: OpenTransport) => OpenTransport) | undefined;
  /**
   * How the client learns that the device, the network or the application was away; see {@link WatchWakeSignals}. Called
   * whenever the client begins to look after its connection. Default: the page's `online`, `pageshow` and
   * `visibilitychange`, nothing where there is no page. `@notes/job-events-client/react-native` has one for React Native.
   * A jump of the clock, which shows that the device slept, counts in any case.
   */
  readonly watchWakeSignals?: WatchWakeSignals | undefined;
  /** For how long a finished job stays in the list, in ms. Default 10 minutes. */
  readonly finishedJobsMs?: number | undefined;
  /**
   * Hears what cannot be thrown: a handler of the application's that threw or rejected (then `error` is what it threw or
   * rejected with), a status request or a connection that was refused and is tried again. Default: the global
   * `reportError`, else `console.error`.
   */
  readonly onError?: ((error: ClientError | unknown) => void) | undefined;
}
