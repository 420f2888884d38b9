import { isJobId, isUserId, type AnyJobSnapshot, type JobSnapshot, type RegisteredJobs } from '@notes/job-events-protocol';
import { AnswerBudget } from './access/answer-budget.js';
import { Authenticator } from './access/authenticator.js';
import { ownJobsOnly } from './access/authorizer.js';
import type { Identity } from './access/identity.js';
import { JobAccess } from './access/job-access.js';
import { readLimits, TIMES } from './access/limits.js';
import { AllowedOrigins } from './access/origins.js';
import { RevokedUsers } from './access/revoked-users.js';
import { RequestFaults } from './access/request-faults.js';
import { UserJobList } from './access/user-job-list.js';
import type { Broadcaster } from './broadcaster.js';
import { Announcer } from './emitter/announcer.js';
import { JobEventEmitterService, type CloseOptions, type CloseResult, type QueuedEvent } from './emitter/index.js';
import { JobsWebSocketGateway, type SocketIoServer } from './gateway/jobs-websocket-gateway.js';
import { acceptedJob, type AcceptedJob } from './http/accepted.js';
import { createNodeHandler, type NodeHandler } from './http/node-handler.js';
import { StatusHandler } from './http/status-handler.js';
import { checkArguments, readStatusPath, type JobEventsOptions } from './job-events-options.js';
import { consoleLogger, faultReporter } from './logger.js';
import type { JobStore } from './store/job-store.js';
import { MemoryJobStore } from './store/memory-job-store.js';
import { createMetrics } from './telemetry/metrics.js';
import { realTiming } from './timing.js';

/** What {@link createJobEvents} returns where there are sockets. */
export interface JobEvents<J = RegisteredJobs, I extends Identity = Identity> extends Omit<JobEventsWithoutSockets<J, I>, 'attach'> {
  readonly gateway: JobsWebSocketGateway<I>;
  /**
   * Takes access away on all nodes, within 2 s: without `jobId` all of the user's sockets are disconnected, with it they
   * get nothing of that job any more, also where they watch all jobs of its owner. A process remembers the last 100 jobs
   * of a user until it ends; beyond that `authorize` decides by the job's id, so change what it says first. A socket or
   * a request whose sign-in had begun before is told to try again. A node that is not reachable hears of it when it is again, over
   * PostgreSQL within 5 minutes.
   *
   * @throws JobEventsServerError `INVALID_OPTIONS` for what is no user id or no job id.
   */
  revoke(whom: { readonly userId: string; readonly jobId?: string | undefined }): void;
}

/** What {@link createJobEvents} returns where there is no Socket.IO server. */
export interface JobEventsWithoutSockets<J = RegisteredJobs, I extends Identity = Identity> {
  readonly emitter: JobEventEmitterService<J>;
  readonly store: JobStore;
  /** The status of jobs over HTTP, web-standard: for Hono, Next.js, Bun, Deno, Fastify 5. Always resolves. */
  readonly handler: (request: Request) => Promise<Response>;
  /** The same for Node's `http`, and `app.use(jobEvents.nodeHandler)` in Express. */
  readonly nodeHandler: NodeHandler;
  /**
   * Announces a job that was taken on, and makes the 202 of the request that began it. `body` adds to its JSON. Make the
   * `jobId` on the server: an id that a client chose may be somebody else's job.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, or `FOREIGN_JOB` where the id is somebody else's job.
   */
  accepted(job: QueuedEvent<J>, options?: { readonly body?: object }): Promise<AcceptedJob<JobSnapshot<J>>>;
  /** On the server's own authority: nobody's permission is asked. `undefined` for a job that is not known. */
  getJob(jobId: string): Promise<JobSnapshot<J> | undefined>;
  /** A user's unfinished jobs and those finished lately, newest first: the first 200, or 128 KiB. */
  listJobs(userId: string): Promise<readonly JobSnapshot<J>[]>;
  /** Cancels on the server's own authority. Resolves to what stands then; `undefined` for a job that is not known. */
  cancel(jobId: string): Promise<JobSnapshot<J> | undefined>;
  /**
   * Opens the gateway on a server that came later: frameworks such as NestJS make theirs last. Live events still go
   * through the `broadcaster` that was given.
   */
  attach(io: SocketIoServer): JobsWebSocketGateway<I>;
  /**
   * Closes the emitter (see {@link JobEventEmitterService.close}): waits for the runs of this process, sends and stores
   * what is left, within `timeoutMs` (20 s) in all. Then disconnects this process's sockets of the namespace. Resolves
   * to the runs and ends that it gave up. Close the Socket.IO server, and a store that was given, afterwards: both stay
   * open. `createJobEvents` may serve the namespace again then.
   */
  close(options?: CloseOptions): Promise<CloseResult>;
}

/**
 * Puts everything together: an emitter, a gateway on a Socket.IO server, and the status endpoint.
 *
 * @param io A Socket.IO `Server`; its other namespaces are not touched. Or `{ broadcaster }` where there is none (a
 * Next.js route, a worker that also answers HTTP): then there is no gateway.
 *
 * @example
 * const jobEvents = createJobEvents(new Server(httpServer, { maxHttpBufferSize: 100_000 }), {
 *   authenticate: async ({ token }) => ({ userId: await verify(token) }),
 * });
 * app.use(jobEvents.nodeHandler);
 * await jobEvents.emitter.run({ jobId, userId }, async (job) => { job.report(0.5); });
 *
 * @throws JobEventsServerError `INVALID_OPTIONS`
 */
export function createJobEvents<const J = RegisteredJobs, I extends Identity = Identity>(
  io: SocketIoServer,
  options: JobEventsOptions<J, I>,
): JobEvents<J, I>;
export function createJobEvents<const J = RegisteredJobs, I extends Identity = Identity>(
  io: { readonly broadcaster: Broadcaster },
  options: JobEventsOptions<J, I>,
): JobEventsWithoutSockets<J, I>;
export function createJobEvents<const J = RegisteredJobs, I extends Identity = Identity>(
  io: SocketIoServer | { readonly broadcaster: Broadcaster },
  options: JobEventsOptions<J, I> = {} as JobEventsOptions<J, I>,
): JobEvents<J, I> | JobEventsWithoutSockets<J, I> {
  checkArguments(io, options);
  const { namespace = '/jobs', retentionMs = TIMES.retention, timing = realTiming, logger = consoleLogger } = options;
  const statusPath = readStatusPath(options.statusPath ?? '/api/jobs');
  const limits = readLimits(options.limits);
  const metrics = createMetrics(options.meter);
  const onError = faultReporter({ onError: options.onError, logger, metrics });
  const origins = new AllowedOrigins(options.origins);
  const revoked = new RevokedUsers();
  const faults = new RequestFaults({ timing, onError });
  const authenticator = new Authenticator({ authenticate: options.authenticate, timing, revoked, faults });

  const store = options.store ?? new MemoryJobStore();
  const broadcaster: Broadcaster = 'broadcaster' in io ? io.broadcaster : io.of(namespace);
  const emitter = new JobEventEmitterService<J>({
    broadcaster,
    store,
    jobs: options.jobs,
    throttle: options.throttle,
    describeError: options.describeError,
    supervision: options.supervision,
    namespace,
    logger,
    onError: options.onError,
    meter: options.meter,
    tracer: options.tracer,
    timing,
  });

  // The emitter announces what it is told; what people wish is announced here.
  const announcer = new Announcer(broadcaster, onError, metrics);
  const lists = new UserJobList({ store, retentionMs, timing, onError });
  const access = new JobAccess<I>({
    store,
    authorize: options.authorize ?? ownJobsOnly,
    onCancel: options.onCancel,
    broadcast: ({ userId, snapshot }) => announcer.announce(userId, snapshot),
    timing,
    logger,
    faults,
  });
  const openGateway = (server: SocketIoServer): JobsWebSocketGateway<I> =>
    new JobsWebSocketGateway<I>(server, {
      namespace,
      services: { access, lists, authenticator, limits },
      reauthorizeEveryMs: options.reauthorizeEveryMs ?? TIMES.reauthorizeEvery,
      origins,
      revoked,
      faults,
      timing,
      logger,
      metrics,
      onError,
    });
  const gateways: JobsWebSocketGateway<I>[] = [];
  const attach = (server: SocketIoServer): JobsWebSocketGateway<I> => {
    const gateway = openGateway(server);
    gateways.push(gateway);
    return gateway;
  };
  let gateway: JobsWebSocketGateway<I> | undefined;
  try {
    gateway = 'broadcaster' in io ? undefined : attach(io);
  } catch (error) {
    // Nobody gets the emitter that would have to close it, and with it the supervision of runs.
    emitter.close({ timeoutMs: 1 }).catch(onError);
    throw error;
  }
  const status = new StatusHandler<I>({ statusPath, access, lists, authenticator, origins, limits, faults, logger, metrics, timing });

  return {
    emitter,
    store,
    handler: (request) => status.respond(request),
    nodeHandler: createNodeHandler({ statusPath, respond: (request, raw) => status.respond(request, raw) }),
    ...(gateway === undefined
      ? { attach }
      : { gateway, revoke: gateway.revoke.bind(gateway) }),

    async accepted(job, { body } = {}) {
      return acceptedJob(await emitter.emitQueued(job), statusPath, body);
    },
    // An application passes on what a client sent: an id that no job can have is answered without asking the store.
    async getJob(jobId) {
      if (!isJobId(jobId)) return undefined;
      const [record] = await store.get([jobId]);
      return asJob(record?.snapshot);
    },
    async listJobs(userId) {
      if (!isUserId(userId)) return [];
      const answer = new AnswerBudget();
      await lists.read(userId, undefined, answer);
      return answer.snapshots.map((snapshot) => asJob(snapshot));
    },
    async cancel(jobId) {
      return isJobId(jobId) ? asJob(await access.cancelUnasked(jobId)) : undefined;
    },
    async close(closeOptions) {
      const result = await emitter.close(closeOptions);
      for (const opened of gateways) opened.close();
      if (options.store === undefined) await store.close();
      return result;
    },
  };

  /** What is in the store went through the contract's schemas as it was written. */
  function asJob<S extends AnyJobSnapshot | undefined>(snapshot: S): JobSnapshot<J> | Extract<S, undefined> {
    return snapshot as JobSnapshot<J> | Extract<S, undefined>;
  }
}
