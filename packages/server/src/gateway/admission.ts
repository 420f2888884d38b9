import type { ServerOptions, Socket } from 'socket.io';
import type { Identity } from '../access/identity.js';
import type { AllowedOrigins } from '../access/origins.js';
import type { RevokedUsers } from '../access/revoked-users.js';
import { RequestBudget } from '../access/request-budget.js';
import { tryAgain, WireFault } from '../access/wire-fault.js';
import type { Logger, OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Timing } from '../timing.js';
import type { GatewayServices } from './client-event-handler.js';
import { refusesCookies } from './server-option-warnings.js';
import { checkProtocol, handshakeOf } from './handshake.js';
import { IdentityExpiry } from './identity-expiry.js';
import { SocketCounter } from './socket-counter.js';
import { SocketSession, type JobsSocket } from './socket-session.js';

interface AdmissionOptions<I extends Identity> {
  readonly services: GatewayServices<I>;
  readonly revoked: RevokedUsers;
  readonly origins: AllowedOrigins;
  /** Of the Socket.IO server. */
  readonly serverOptions: Partial<ServerOptions>;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onError: OnError;
}

/** The middleware of the namespace: who may connect, and as whom. */
export class Admission<I extends Identity> {
  readonly #options: AdmissionOptions<I>;
  readonly #counter: SocketCounter;
  /** Past the middleware; whether they get to be connected is not known yet. */
  readonly #admitted = new WeakMap<Socket, { readonly session: SocketSession<I>; readonly revocations: number }>();
  /** Connections that are being asked about: a client may send the packet that connects a socket any number of times. */
  readonly #signingIn = new WeakSet<JobsSocket['conn']>();
  readonly #warned = new Set<string>();
  #isClosed = false;

  constructor(options: AdmissionOptions<I>) {
    this.#options = options;
    this.#counter = new SocketCounter(options.services.limits.socketsPerUser);
  }

  /** Node would end the process if it rejected or threw. */
  async admit(socket: JobsSocket, next: (refused?: Error) => void): Promise<void> {
    let refused: Error | undefined;
    try {
      await this.#identifyOnce(socket);
    } catch (error) {
      refused = this.#refusalOf(error);
    }
    try {
      next(refused);
    } catch (cause) {
      this.#options.onError(new JobEventsServerError('HANDLER_FAILED', 'A middleware of the application threw.', { cause }));
    }
  }

  /** The session of a socket that is connected now; `undefined` where it may not stay. */
  sessionOf(socket: JobsSocket): SocketSession<I> | undefined {
    const admitted = this.#admitted.get(socket);
    if (admitted === undefined || this.#isClosed) return undefined;
    // The application's own middlewares may have taken their time.
    const isRevoked = this.#options.revoked.hasSince(admitted.revocations, admitted.session.identity.userId);
    return isRevoked ? undefined : admitted.session;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** One at a time for a connection: `authenticate` is the application's, and may be dear. */
  async #identifyOnce(socket: JobsSocket): Promise<void> {
    const { conn } = socket;
    if (this.#signingIn.has(conn)) throw new WireFault('RATE_LIMITED', 'This connection is signing in already.');
    this.#signingIn.add(conn);
    try {
      await this.#identify(socket);
    } finally {
      this.#signingIn.delete(conn);
    }
  }

  async #identify(socket: JobsSocket): Promise<void> {
    const { services, origins, timing, revoked } = this.#options;
    checkProtocol(socket);
    const handshake = handshakeOf(socket);
    origins.check(handshake.headers, handshake.token);
    const { count } = revoked;
    const identity = await services.authenticator.identify({ ...handshake, via: 'socket' });
    if (this.#isClosed) throw tryAgain('closed');
    if (handshake.token === undefined) this.#warnOfCookies(handshake.headers);
    this.#takePlace(socket, identity.userId);
    const budget = new RequestBudget(services.limits, timing);
    const expiry = new IdentityExpiry({
      timing,
      onExpiring: (expiresAt) => socket.emit('auth:expiring', { expiresAt: new Date(expiresAt).toISOString() }),
      onExpired: () => socket.disconnect(),
    });
    this.#admitted.set(socket, { session: new SocketSession({ identity, socket, budget, expiry }), revocations: count });
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
    const fault = error instanceof WireFault ? error : tryAgain(error);
    this.#options.metrics.socketRefused(fault.code);
    return refusal(fault);
  }

  #warnOfCookies(headers: Headers): void {
    const { origins, serverOptions } = this.#options;
    if (!headers.has('cookie')) return;
    if (!origins.areChecked)
      this.#warnOnce(
        'origins',
        'A socket was let in by its cookies, and `origins` is not set: any page may open one with the cookies of whoever visits it. Give createJobEvents `origins`.',
      );
    else if (refusesCookies(serverOptions) && isOfOtherOrigin(headers))
      this.#warnOnce(
        'cors.credentials',
        'A page of another origin was let in by its cookies. With long polling its browser sends none, because `cors` of the Socket.IO server does not name that origin with credentials: true. Set both, or make the server with socketServerOptions({ origins }).',
      );
  }

  #warnOnce(option: string, message: string): void {
    if (this.#warned.has(option)) return;
    this.#warned.add(option);
    this.#options.logger.warn({ option }, message);
  }
}

/** Behind a proxy that changes `Host` this may say so of a page of the same origin. */
function isOfOtherOrigin(headers: Headers): boolean {
  const origin = headers.get('origin');
  return origin !== null && URL.canParse(origin) && new URL(origin).host !== headers.get('host') && headers.get('sec-fetch-site') !== 'same-origin';
}

/** As Socket.IO's middlewares refuse: `data` reaches the client. */
export const refusal = (fault: WireFault): Error => Object.assign(new Error(fault.message), { data: fault.toWireError() });
