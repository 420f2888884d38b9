import type { AnyJobSnapshot, JobError, WireError } from '@notes/job-events-protocol';
import type { ClientOptions } from '../client-options.js';
import type { WebSocketService } from '../websocket-service.js';
import type { FakeJob } from './fake-backend.js';
import type { FakeProxyPolicy } from './fake-proxy.js';
import type { StatusReply, StatusRequest } from './fake-status-endpoint.js';
import type { Duration, VirtualClock } from './virtual-clock.js';

export interface FakeJobServerOptions {
  /** Who is signed in at first. Default `user-1`. */
  readonly userId?: string;
  /** Options of the client, such as `onError` or `pollingOnly`. */
  readonly clientOptions?: ClientOptions;
  /** Which jobs of others the user may watch by their id. Default: none. */
  readonly isPublic?: (jobId: string) => boolean;
  /** Decides the jitter of delays; by default it is in the middle. */
  readonly random?: () => number;
}

/** A script's view of a server, a worker behind it, the network between, and the user's tab. */
export interface FakeJobServer {
  /** A client of this server, which has not connected yet. After `reloadTab` another one. */
  readonly client: WebSocketService<any>;
  readonly clock: VirtualClock;
  /** The server's own view of a job. */
  job(jobId: string): AnyJobSnapshot | undefined;
  /** What clients sent, in order; status requests as `GET /job-1`. */
  readonly requests: readonly { readonly name: string; readonly payload?: unknown }[];
  /** How many connections the server holds. */
  readonly connections: number;

  /** An API accepts the job; no worker has it yet. */
  queue(job: FakeJob): void;
  /** After `retrying` it begins the next attempt; after an end only with a greater `attempt`. */
  progress(job: FakeJob & { readonly stage: string; readonly progress: number }): void;
  complete(job: FakeJob & { readonly result?: unknown }): void;
  /** With `willRetry` the state is `retrying`. */
  fail(job: FakeJob & { readonly error?: Partial<JobError>; readonly willRetry?: boolean }): void;
  cancel(job: FakeJob): void;
  /** The server loses a job, as one whose record has expired. */
  forget(jobId: string): void;

  /** Loses the next `count` broadcasts. */
  drop(count?: number): void;
  /** Delivers each of the next `count` broadcasts twice. */
  duplicate(count?: number): void;
  /** Holds the next `count` broadcasts back and delivers them in reverse, at the latest when time passes. */
  reorder(count?: number): void;
  /** From now on an answer, over the socket or HTTP, arrives this much later; events overtake it. */
  delay(duration: Duration): void;
  /** Cuts all connections; none can be made until `reconnect`. Status requests fail too with `{ http: true }`. */
  disconnect(options?: { readonly http?: boolean }): void;
  /** The network is back. */
  reconnect(): void;
  /**
   * Something in between answers in the place of the server, or lets no WebSocket through; what `policy` does not name
   * stays as it is. `proxy({ http: 'server', webSockets: 'open' })` takes it away.
   */
  proxy(policy: FakeProxyPolicy): void;
  /** The connections look open to both sides, but nothing gets through any more. */
  blackHole(): void;
  /** Answers the next request, over the socket or HTTP, with this error. `retryAfter` in seconds, over HTTP. */
  refuseNext(error: WireError, options?: { readonly retryAfter?: number }): void;
  /** The server ends and is there again at once; stored jobs stay. */
  restartServer(): void;
  /** Warns of the token's end; without a fresh one the server disconnects after 60 s. Older tokens are refused. */
  expireToken(): void;
  /** Another user signs in: `auth` gives that user's tokens from now on. */
  signIn(userId: string): void;
  /** The page is shown again, as after the user comes back to its tab. */
  wake(): void;
  /** The device sleeps: timers stand still, and the connections are dead when it wakes. */
  sleepTab(duration: Duration): Promise<void>;
  /** The page is loaded again: the client is gone, and what the tab remembers goes to a new one. */
  reloadTab(options?: ClientOptions): WebSocketService<any>;
  /** The tab is duplicated, or its page opens another one: `client` is that of the new tab, and the other one goes on. */
  duplicateTab(options?: ClientOptions): WebSocketService<any>;
  /** Another client in the same page, as of another part of the application, or of another server by its `statusUrl`. */
  anotherClient(options?: ClientOptions): WebSocketService<any>;
  /** Lets time pass for client and server. */
  advance(duration: Duration): Promise<void>;
  /** Answers a status request as the server would; throws while HTTP is cut. */
  status(request: StatusRequest): StatusReply;
  /** Ends every client and connection. */
  close(): void;
}
