import { jobRoom, type ClientToServerEvents } from '@notes/job-events-protocol';
import type { Namespace, Server, Socket } from 'socket.io';
import type { Identity } from '../access/identity.js';
import type { AllowedOrigins } from '../access/origins.js';
import type { RequestFaults } from '../access/request-faults.js';
import { RequestBudget } from '../access/request-budget.js';
import { tryAgain, WireFault } from '../access/wire-fault.js';
import type { Logger, OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Timing } from '../timing.js';
import { acknowledge, ClientEventAnswerer } from './answer-client-event.js';
import type { ClientEventHandler, GatewayServices } from './client-event-handler.js';
import { handleAuthenticate } from './handle-authenticate.js';
import { handleCancel } from './handle-cancel.js';
import { handleSubscribe } from './handle-subscribe.js';
import { handleSync } from './handle-sync.js';
import { handleUnsubscribe } from './handle-unsubscribe.js';
import { checkProtocol, handshakeOf } from './handshake.js';
import { IdentityExpiry } from './identity-expiry.js';
import { Revocations, socketsOf } from './revocations.js';
import { warnOfServerOptions } from './server-option-warnings.js';
import { SlowSocketGuard } from './slow-socket-guard.js';
import { SocketCounter } from './socket-counter.js';
import { isSubscription, SocketSession, type JobsSocket } from './socket-session.js';

/** A Socket.IO server with whatever typed events an application gave it; its other namespaces are not touched. */
export type SocketIoServer = Server<any, any, any, any>;

const HANDLERS: Readonly<Record<keyof ClientToServerEvents, ClientEventHandler<object>>> = {
  subscribe: handleSubscribe,
  unsubscribe: handleUnsubscribe,
  sync: handleSync,
  cancel: handleCancel,
  authenticate: handleAuthenticate,
};

/** A flood: this many times the allowed burst was refused, with no pause. */
const REFUSED_BURSTS_BEFORE_CUT = 10;

/** Socket.IO keeps a middleware for ever: a second gateway would answer everything twice. */
const served = new WeakSet<Namespace>();

interface GatewayOptions<I extends Identity> {
  readonly namespace: string;
  readonly services: GatewayServices<I>;
  readonly origins: AllowedOrigins;
  readonly faults: RequestFaults;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onError: OnError;
}

/**
 * Serves the `/jobs` namespace of a Socket.IO server (specification, section 2): who may come in, what clients ask, how
 * much they may ask. Live events do not pass through it; they reach the rooms through the server's own adapter.
 *
 * Made by `createJobEvents`.
 */
export class JobsWebSocketGateway<I extends Identity = Identity> {
  readonly namespace: Namespace;
  readonly #options: GatewayOptions<I>;
  readonly #answerer: ClientEventAnswerer<I>;
  readonly #counter: SocketCounter;
  readonly #revocations: Revocations;
  /** Past the middleware; whether they get to be connected is not known yet. */
  readonly #admitted = new WeakMap<Socket, { readonly session: SocketSession<I>; readonly revocations: number }>();
  readonly #sessions = new Map<string, SocketSession<I>>();
  #warnedOfCookies = false;
  #isClosed = false;

  constructor(io: SocketIoServer, options: GatewayOptions<I>) {
    this.#options = options;
    this.#answerer = new ClientEventAnswerer(options);
    this.#counter = new SocketCounter(options.services.limits.socketsPerUser);
    this.namespace = io.of(options.namespace);
    if (served.has(this.namespace))
      throw new JobEventsServerError('INVALID_OPTIONS', `createJobEvents serves ${options.namespace} of this server already. Call it once.`);
    served.add(this.namespace);
    this.#revocations = new Revocations(this.namespace);
    warnOfServerOptions(io._opts, options.origins.areChecked, options.logger);
    this.namespace.use((socket, next) => void this.#admit(socket, next));
    this.namespace.on('connection', (socket) => this.#open(socket));
    this.namespace.adapter.on('join-room', (room: string) => isSubscription(room) && options.metrics.subscribed());
    this.namespace.adapter.on('leave-room', (room: string) => isSubscription(room) && options.metrics.unsubscribed());
  }

  /** How many sockets are connected to this process. */
  get socketCount(): number {
    return this.#sessions.size;
  }

  /**
   * Takes access away on all nodes. Without `jobId` the user's sockets are disconnected, and those that are signing in
   * are told to try again; when they come back, `authenticate` decides. With it, they leave that job's room; `authorize`
   * decides about the next subscribe. It does not take a job from its owner, who sees it through his own room.
   */
  revoke({ userId, jobId }: { readonly userId: string; readonly jobId?: string | undefined }): void {
    if (jobId === undefined) this.#revocations.revoke(userId);
    // A subscribe that is under way asks `authorize` once more when it has joined.
    else this.namespace.in(socketsOf(userId)).socketsLeave(jobRoom(jobId));
  }

  /**
   * Refuses newcomers ("try again") from now on, and disconnects this process's sockets of the namespace. The server
   * stays open; its namespace cannot be served again.
   */
  close(): void {
    this.#isClosed = true;
    for (const { socket } of this.#sessions.values()) socket.disconnect();
  }

  /** The middleware. Node would end the process if it rejected or threw. */
  async #admit(socket: JobsSocket, next: (refusal?: Error) => void): Promise<void> {
    let refusal: Error | undefined;
    try {
      await this.#identify(socket);
    } catch (error) {
      refusal = this.#refusalOf(error);
    }
    try {
      next(refusal);
    } catch (cause) {
      this.#options.onError(new JobEventsServerError('HANDLER_FAILED', 'A middleware of the application threw.', { cause }));
    }
  }

  async #identify(socket: JobsSocket): Promise<void> {
    if (this.#isClosed) throw tryAgain('closed');
    const { services, origins, timing } = this.#options;
    checkProtocol(socket);
    const handshake = handshakeOf(socket);
    origins.check(handshake.headers, handshake.token);
    const revocations = this.#revocations.count;
    const identity = await services.authenticator.identify({ ...handshake, via: 'socket' });
    if (this.#revocations.hasSince(revocations, identity.userId)) throw tryAgain('revoked meanwhile');
    if (handshake.token === undefined) this.#warnOfCookies(handshake.headers);
    this.#takePlace(socket, identity.userId);
    const budget = new RequestBudget(services.limits, timing);
    const expiry = new IdentityExpiry({
      timing,
      onExpiring: (expiresAt) => socket.emit('auth:expiring', { expiresAt: new Date(expiresAt).toISOString() }),
      onExpired: () => socket.disconnect(),
    });
    this.#admitted.set(socket, { session: new SocketSession({ identity, socket, budget, expiry }), revocations });
  }

  /** Given back by whichever comes first: a socket that a later middleware refuses never disconnects, its connection closes. */
  #takePlace(socket: JobsSocket, userId: string): void {
    const giveBack = this.#counter.enter(userId);
    const leave = (): void => {
      socket.off('disconnect', leave);
      // One connection may see many sockets come and go.
      socket.conn.off('close', leave);
      giveBack();
    };
    socket.on('disconnect', leave);
    socket.conn.on('close', leave);
    // One that closed while its user signed in does not say so again.
    if (socket.conn.readyState === 'closed') leave();
  }

  #refusalOf(error: unknown): Error {
    if (!(error instanceof WireFault))
      this.#options.onError(new JobEventsServerError('HANDLER_FAILED', 'A socket could not be admitted.', { cause: error }));
    const data = (error instanceof WireFault ? error : tryAgain(error)).toWireError();
    this.#options.metrics.socketRefused(data.code);
    return Object.assign(new Error(data.message), { data });
  }

  #open(socket: JobsSocket): void {
    const { session, revocations = 0 } = this.#admitted.get(socket) ?? {};
    if (session === undefined || this.#isClosed) return void socket.disconnect();
    // The application's own middlewares may have taken their time.
    if (this.#revocations.hasSince(revocations, session.identity.userId)) return void socket.disconnect();
    this.#sessions.set(socket.id, session);
    session.expiry.watch(session.identity);
    // Without that room, access could not be withdrawn: then rather not connected, and the client comes again.
    Promise.resolve(socket.join(socketsOf(session.identity.userId))).catch(() => socket.disconnect());
    const { metrics, logger, services } = this.#options;
    metrics.socketOpened();
    const guard = new SlowSocketGuard(socket, {
      maxBytes: services.limits.outgoingBytes,
      onEvent: metrics.isCounting ? () => metrics.delivered() : undefined,
      onCut: () => {
        metrics.socketCut();
        logger.info({ socketId: socket.id }, 'A socket that does not read was cut.');
      },
    });
    socket.once('disconnect', () => {
      metrics.socketClosed();
      this.#sessions.delete(socket.id);
      session.expiry.stop();
      guard.stop();
    });
    this.#listen(session);
  }

  #listen(session: SocketSession<I>): void {
    const { socket, budget } = session;
    const { eventBurst } = this.#options.services.limits;
    let refused = 0;
    socket.use((event, next) => {
      if (budget.isIdle) refused = 0;
      const refusal = budget.refuseRequest();
      if (refusal === undefined) return next();
      refused += 1;
      acknowledge(event, { ok: false, error: refusal.toWireError() });
      if (refused > eventBurst * REFUSED_BURSTS_BEFORE_CUT) socket.disconnect(true);
    });
    for (const [event, handler] of Object.entries(HANDLERS))
      socket.on(event as keyof ClientToServerEvents, (...args: unknown[]) => {
        this.#answerer.answer(event, handler, session, args).catch((cause: unknown) =>
          this.#options.onError(new JobEventsServerError('HANDLER_FAILED', `A ${event} could not be answered.`, { cause })),
        );
      });
  }

  #warnOfCookies(headers: Headers): void {
    if (this.#warnedOfCookies || this.#options.origins.areChecked || !headers.has('cookie')) return;
    this.#warnedOfCookies = true;
    this.#options.logger.warn(
      { option: 'origins' },
      'A socket was let in by its cookies, and `origins` is not set: any page may open one with the cookies of whoever visits it. Give createJobEvents `origins`.',
    );
  }
}
