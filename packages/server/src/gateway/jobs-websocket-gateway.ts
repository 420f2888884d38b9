import { isJobId, isUserId, type ClientToServerEvents } from '@notes/job-events-protocol';
import type { Namespace, Server } from 'socket.io';
import type { Identity } from '../access/identity.js';
import type { AllowedOrigins } from '../access/origins.js';
import type { RevokedUsers } from '../access/revoked-users.js';
import type { RequestFaults } from '../access/request-faults.js';
import { MISSED_MESSAGES } from '../cluster/missed-messages.js';
import type { Logger, OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Timing } from '../timing.js';
import { acknowledge, ClientEventAnswerer } from './answer-client-event.js';
import { Admission } from './admission.js';
import type { AccessServices, ClientEventHandler, GatewayServices } from './client-event-handler.js';
import { ForeignRoomJobs } from './foreign-room-jobs.js';
import { handleAuthenticate } from './handle-authenticate.js';
import { handleCancel } from './handle-cancel.js';
import { handleSubscribe } from './handle-subscribe.js';
import { handleSync } from './handle-sync.js';
import { handleUnsubscribe } from './handle-unsubscribe.js';
import { Reauthorization } from './reauthorization.js';
import { Revocations, socketsOf } from './revocations.js';
import { serveNamespace } from './served-namespace.js';
import { warnOfServerOptions } from './server-option-warnings.js';
import { SlowSocketGuard } from './slow-socket-guard.js';
import { isSubscription, type JobsSocket, type SocketSession } from './socket-session.js';
import { WithheldJobs } from './withheld-jobs.js';

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

interface GatewayOptions<I extends Identity> {
  readonly namespace: string;
  readonly services: AccessServices<I>;
  readonly reauthorizeEveryMs: number;
  readonly origins: AllowedOrigins;
  readonly revoked: RevokedUsers;
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
  readonly #services: GatewayServices<I>;
  readonly #answerer: ClientEventAnswerer<I>;
  readonly #revocations: Revocations;
  readonly #admission: Admission<I>;
  readonly #sessions = new Map<string, SocketSession<I>>();
  readonly #stopServing: () => void;
  readonly #stopCounting: () => void;
  readonly #onMissed = (): void => {
    for (const session of this.#sessions.values()) this.#services.reauthorization.askNow(session);
  };

  constructor(io: SocketIoServer, options: GatewayOptions<I>) {
    this.#options = options;
    const { timing, faults, reauthorizeEveryMs: everyMs } = options;
    const { access } = options.services;
    this.namespace = io.of(options.namespace);
    const withheld = new WithheldJobs(this.namespace);
    const foreignRooms = new ForeignRoomJobs<I>({ access, withheld, faults });
    const onAsk = (session: SocketSession<I>): void => foreignRooms.forget(session);
    const reauthorization = new Reauthorization<I>({ access, everyMs, timing, faults, onAsk });
    this.#stopServing = serveNamespace(this.namespace, {
      admit: (socket, next) => void this.#admission.admit(socket, next),
      open: (socket) => this.#open(socket),
    });
    this.#revocations = new Revocations(this.namespace, options.revoked);
    this.#services = { ...options.services, reauthorization, withheld, foreignRooms };
    this.#answerer = new ClientEventAnswerer({ ...options, services: this.#services });
    this.#admission = new Admission({ ...options, services: this.#services, serverOptions: io._opts });
    this.namespace.adapter.on(MISSED_MESSAGES, this.#onMissed);
    this.#stopCounting = countSubscriptions(this.namespace, options.metrics);
    warnOfServerOptions(io._opts, options.origins, options.logger);
  }

  /** How many sockets are connected to this process. */
  get socketCount(): number {
    return this.#sessions.size;
  }

  /**
   * Takes access away on all nodes. Without `jobId` the user's sockets are disconnected, and those that are signing in
   * are told to try again; when they come back, `authenticate` decides. With it, nothing of that job reaches them any
   * more, also where they watch all jobs of its owner, until `authorize` allows a new subscribe to that job by its id.
   * It does not take a job from its owner.
   *
   * @throws JobEventsServerError `INVALID_OPTIONS` for what is not a user id or not a job id.
   */
  revoke(whom: { readonly userId: string; readonly jobId?: string | undefined }): void {
    const { userId, jobId } = whom ?? {};
    if (!isUserId(userId)) throw new JobEventsServerError('INVALID_OPTIONS', 'revoke: userId must be a user id of 1 to 128 printable characters.');
    if (jobId === undefined) return this.#revocations.revoke(userId);
    if (!isJobId(jobId)) throw new JobEventsServerError('INVALID_OPTIONS', 'revoke: jobId must be a job id, or undefined for all access of the user.');
    // A subscribe that is under way asks `authorize` once more when it has joined.
    this.#services.withheld.withhold(userId, jobId);
    void this.#giveBackToOwner(userId, jobId);
  }

  async #giveBackToOwner(userId: string, jobId: string): Promise<void> {
    try {
      if ((await this.#services.access.ownerOf(jobId)) === userId) this.#services.withheld.giveBack(userId, jobId);
    } catch (cause) {
      const message = `Job ${jobId} was revoked, and the store did not say whose it is. If it is the user's own, the next sync gives it back.`;
      this.#options.onError(new JobEventsServerError('STORE_FAILED', message, { cause, jobId }));
    }
  }

  /**
   * Refuses newcomers ("try again") from now on, and disconnects this process's sockets of the namespace. The server
   * stays open, and its namespace may be served again.
   */
  close(): void {
    this.#stopServing();
    this.#admission.close();
    this.#revocations.close();
    this.#services.withheld.close();
    for (const { socket } of this.#sessions.values()) socket.disconnect();
    this.namespace.adapter.off(MISSED_MESSAGES, this.#onMissed);
    this.#stopCounting();
  }

  #open(socket: JobsSocket): void {
    const session = this.#admission.sessionOf(socket);
    if (session === undefined) return void socket.disconnect();
    this.#sessions.set(socket.id, session);
    session.expiry.watch(session.identity);
    // Without that room, access could not be withdrawn: then rather not connected, and the client comes again.
    const { userId } = session.identity;
    Promise.resolve(socket.join([socketsOf(userId), ...this.#services.withheld.roomsOf(userId)])).catch(() => socket.disconnect());
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
      this.#services.reauthorization.stop(session);
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
}

function countSubscriptions({ adapter }: Namespace, metrics: Metrics): () => void {
  const onJoin = (room: string): void => void (isSubscription(room) && metrics.subscribed());
  const onLeave = (room: string): void => void (isSubscription(room) && metrics.unsubscribed());
  adapter.on('join-room', onJoin).on('leave-room', onLeave);
  return () => void adapter.off('join-room', onJoin).off('leave-room', onLeave);
}
