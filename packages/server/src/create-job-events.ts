import { isJobId, isUserId, type AnyJobSnapshot, type JobSnapshot, type RegisteredJobs } from '@notes/job-events-protocol';
import { AnswerBudget } from './access/answer-budget.js';
import { Authenticator } from './access/authenticator.js';
import { ownJobsOnly, type Authorize } from './access/authorizer.js';
import type { Authenticate, Identity } from './access/identity.js';
import { JobAccess, type OnCancel } from './access/job-access.js';
import { readLimits, TIMES, type GatewayLimits } from './access/limits.js';
import { AllowedOrigins } from './access/origins.js';
import { RevokedUsers } from './access/revoked-users.js';
import { RequestFaults } from './access/request-faults.js';
import { UserJobList } from './access/user-job-list.js';
import type { Broadcaster } from './broadcaster.js';
import { Announcer } from './emitter/announcer.js';
import { JobEventEmitterService, type CloseOptions, type CloseResult, type DescribeError, type QueuedEvent, type SupervisionOptions, type ThrottleOptions } from './emitter/index.js';
import { JobsWebSocketGateway, type SocketIoServer } from './gateway/jobs-websocket-gateway.js';
import { acceptedJob, type AcceptedJob } from './http/accepted.js';
import { createNodeHandler, type NodeHandler } from './http/node-handler.js';
import { StatusHandler } from './http/status-handler.js';
import { consoleLogger, faultReporter, type Logger, type OnError } from './logger.js';
import { JobEventsServerError } from './server-errors.js';
import type { JobStore } from './store/job-store.js';
import { MemoryJobStore } from './store/memory-job-store.js';
import { createMetrics, type Meter } from './telemetry/metrics.js';
import type { Tracer } from './telemetry/trace-run.js';
import { realTiming, type Timing } from './timing.js';

export interface JobEventsOptions<J, I extends Identity> {
  /** Says who is asking, for sockets and HTTP alike. Required. */
  readonly authenticate: Authenticate<I>;
  /** One `defineJob` contract or a list of them. They type and check what the emitter is given. */
  readonly jobs?: J | undefined;
  /** Who may watch and cancel what. By default: one's own jobs, by id or all of them. See {@link Authorize}. */
  readonly authorize?: Authorize<I> | undefined;
  /**
   * How often the server itself asks `authorize` again about what it allowed to sockets that watch what is not their
   * own, in milliseconds. 30,000 by default; each socket at its own time. `Infinity`: only at the client's `sync`.
   */
  readonly reauthorizeEveryMs?: number | undefined;
  /** Asked before somebody's wish to cancel is passed on. Only `true` allows it. Not asked by `jobEvents.cancel`. */
  readonly onCancel?: OnCancel<I> | undefined;
  /**
   * The origins of the pages that may connect, such as `https://app.example.com`. Needed where cookies say who is there:
   * CORS does not guard WebSockets. Also answers CORS for the status endpoint. Name the server's own origin too, where it
   * serves pages. By default any page may connect.
   */
  readonly origins?: readonly string[] | undefined;
  /** Where states are kept. By default in memory, which is right for one process and forgets with it. Not closed by `close`. */
  readonly store?: JobStore | undefined;
  /** Whether this process looks after runs, of any process, that send no heartbeat any more; see the emitter's option. */
  readonly supervision?: SupervisionOptions | false | undefined;
  /** Where `handler` and `nodeHandler` answer. `/api/jobs` by default. */
  readonly statusPath?: string | undefined;
  /** The Socket.IO namespace. `/jobs` by default. */
  readonly namespace?: string | undefined;
  /** How long finished jobs stay in lists, in milliseconds. 10 minutes by default. */
  readonly retentionMs?: number | undefined;
  /** What one client may ask for; see {@link GatewayLimits}. */
  readonly limits?: Partial<GatewayLimits> | undefined;
  /** How often progress of a job goes out at most. */
  readonly throttle?: ThrottleOptions | undefined;
  /**
   * Decides what people see of an error that a job threw and that is not a `JobError`. By default the code `JOB_FAILED` and
   * a neutral sentence; with `NODE_ENV=development`, and only then, the error's name and message.
   */
  readonly describeError?: DescribeError | undefined;
  /** `pino` fits, and `console`. By default warnings and errors go to the console. */
  readonly logger?: Logger | undefined;
  /** Faults that cannot be thrown: a store that is away, a broadcast that failed. By default they are logged as errors. */
  readonly onError?: OnError | undefined;
  /** Counts what goes in and out: `metrics.getMeter('job-events')` of `@opentelemetry/api`. */
  readonly meter?: Meter | undefined;
  /** Makes a span of each run: `trace.getTracer('job-events')` of `@opentelemetry/api`. */
  readonly tracer?: Tracer | undefined;
  readonly timing?: Timing | undefined;
}

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
  const authenticator = new Authenticator({ authenticate: options.authenticate, timing, revoked, onError });

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
  const faults = new RequestFaults({ timing, onError });
  const access = new JobAccess<I>({
    store,
    authorize: options.authorize ?? ownJobsOnly,
    onCancel: options.onCancel,
    broadcast: ({ userId, snapshot }) => announcer.announce(userId, snapshot),
    timing,
    logger,
    faults,
    onError,
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

/** What a program without types gets wrong at its first call. */
function checkArguments(io: unknown, options: { readonly [name in keyof JobEventsOptions<never, Identity>]?: unknown } = {}): void {
  const { of, broadcaster } = (io ?? {}) as { readonly of?: unknown; readonly broadcaster?: unknown };
  if (typeof of !== 'function' && broadcaster === undefined)
    throw new JobEventsServerError(
      'INVALID_OPTIONS',
      'createJobEvents needs a Socket.IO Server, such as new Server(httpServer), or { broadcaster } where there is none.',
    );
  for (const name of ['authorize', 'onCancel', 'describeError', 'onError'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw new JobEventsServerError('INVALID_OPTIONS', `${name} must be a function, or left out.`);
  const { namespace, retentionMs } = options;
  if (namespace !== undefined && !String(namespace).startsWith('/'))
    throw new JobEventsServerError('INVALID_OPTIONS', `namespace must begin with a slash, such as /jobs, not '${String(namespace)}'.`);
  if (retentionMs !== undefined && !(typeof retentionMs === 'number' && retentionMs >= 0))
    throw new JobEventsServerError('INVALID_OPTIONS', `retentionMs must be a number of milliseconds, not ${String(retentionMs)}.`);
}

function readStatusPath(path: string): string {
  if (typeof path !== 'string' || !path.startsWith('/') || path.length < 2)
    throw new JobEventsServerError('INVALID_OPTIONS', `statusPath must be a path such as /api/jobs, not '${String(path)}'.`);
  return path.replace(/\/+$/, '');
}
