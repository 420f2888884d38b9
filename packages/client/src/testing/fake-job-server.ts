import type { WireError } from '@notes/job-events-protocol';
import type { ClientOptions } from '../client-options.js';
import type { ClientEnvironment } from '../client-environment.js';
import { watchPageEvents, watchWakeSignals } from '../connection/wake-signals.js';
import type { Requests, TransportConnection, TransportListener } from '../transport/transport.js';
import { WebSocketService } from '../websocket-service.js';
import { createFakeBackend, type StateChange, type StoredJob } from './fake-backend.js';
import { createFakeBroadcasts } from './fake-broadcasts.js';
import { createFakeConnection, type FakeConnection } from './fake-connection.js';
import type { FakeJobServer, FakeJobServerOptions } from './fake-job-server-script.js';
import { createFakeProxy } from './fake-proxy.js';
import { answerStatus, problem, type StatusReply, type StatusRequest } from './fake-status-endpoint.js';
import { createFakeTab } from './fake-tab.js';
import { createVirtualClock, milliseconds } from './virtual-clock.js';

/** After the warning a connection whose token has expired is ended. */
const EXPIRY_MS = 60_000;

/** Socket.IO's own heartbeat notices a dead connection, late. */
const HEARTBEAT_MS = 45_000;

/** What a fake client is made of. */
export interface FakeSurroundings {
  readonly options: ClientOptions;
  readonly environment: ClientEnvironment;
}

/**
 * A server for tests, in memory, without a port, on a clock of its own.
 *
 * @example
 * const server = createFakeJobServer();
 * server.client.subscribe({ userId: 'user-1' });
 * void server.client.connect();
 * server.progress({ jobId: 'job-1', stage: 'DOWNLOADING', progress: 20 });
 * await server.advance('1s');
 * expect(server.client.getJob('job-1')?.progress).toBe(20);
 *
 * @param adapt Puts something else in the place of a client's surroundings, for tests of the client itself.
 */
export function createFakeJobServer(options: FakeJobServerOptions = {}, adapt = (surroundings: FakeSurroundings) => surroundings): FakeJobServer {
  const clock = createVirtualClock(options.random && { random: options.random });
  const backend = createFakeBackend(clock.now, options.isPublic);
  const connections = new Set<FakeConnection>();
  const requests: { name: string; payload?: unknown }[] = [];
  const proxy = createFakeProxy();
  let tab = createFakeTab();
  /** What the next request is refused with. */
  let refusal: { readonly error: WireError; readonly retryAfter: number } | undefined;
  let network: 'up' | 'no-socket' | 'down' = 'up';
  /** How long an answer is on its way, in ms. */
  let latency = 0;
  let user = options.userId ?? 'user-1';
  /** Tokens of other generations are refused. */
  let generation = 1;

  const token = () => `${user}#${generation}`;
  const userOf = (credentials: string | undefined) =>
    credentials?.endsWith(`#${generation}`) ? credentials.slice(0, credentials.lastIndexOf('#')) : undefined;

  const carry = async <Answer>(answer: Answer): Promise<Answer> => {
    if (latency > 0) await new Promise<void>((arrive) => clock.setTimeout(arrive, latency));
    return answer;
  };

  const broadcasts = createFakeBroadcasts<StoredJob>((job) => connections.forEach((connection) => connection.deliver(job)));

  function report(change: StateChange): void {
    const job = backend.report(change, user);
    if (job) broadcasts.send(job);
  }

  const cancelJob = (jobId: string) => report({ jobId, status: 'cancelled', stage: 'CANCELLED' });

  function open(credentials: string | undefined, listener: TransportListener): TransportConnection {
    let connection: FakeConnection | undefined;
    let closed = false;
    void Promise.resolve().then(() => {
      if (closed) return;
      if (network !== 'up') return listener.onClose('UNREACHABLE', 'The fake network is down.');
      const userId = userOf(credentials);
      if (userId === undefined) return listener.onClose('UNAUTHENTICATED', 'The token is not valid.');
      connection = createFakeConnection({
        userId,
        backend,
        listener,
        onRequest: (name: keyof Requests, payload) => {
          requests.push({ name, payload });
          return takeRefusal()?.error;
        },
        onAuthenticate: (fresh) => userOf(fresh) === userId && !!fresher.add(connection as FakeConnection),
        onCancel: cancelJob,
        onEnd: (ended) => void connections.delete(ended),
        carry,
      });
      connections.add(connection);
      listener.onOpen();
    });
    return {
      request: (name, payload) => connection?.request(name, payload) ?? Promise.reject(new Error('Not connected.')),
      close() {
        closed = true;
        connection?.close();
      },
    };
  }
  /** The connections that have given a fresh token since the last expiry. */
  const fresher = new Set<FakeConnection>();

  function takeRefusal() {
    const taken = refusal;
    refusal = undefined;
    return taken;
  }

  function status(request: StatusRequest): StatusReply {
    if (network === 'down') throw new TypeError('fetch failed: the fake network is down.');
    requests.push({ name: `${request.method} ${request.path}` });
    const intercepted = proxy.answer();
    if (intercepted) return intercepted;
    const refused = takeRefusal();
    if (refused) return { ...problem(429, refused.error), headers: { 'retry-after': String(refused.retryAfter) } };
    return answerStatus(request, backend, user, cancelJob);
  }

  const clientOptions: ClientOptions = {
    statusUrl: '/api/jobs',
    auth: token,
    onError: () => {},
    fetch: tab.fetch(async (request, credentials) =>
      carry(
        network !== 'down' && !proxy.answer() && userOf(credentials) === undefined
          ? problem(401, { code: 'UNAUTHENTICATED', message: 'The token is not valid.' })
          : status(request),
      ),
    ),
    ...options.clientOptions,
  };
  const environment: Omit<ClientEnvironment, 'timing'> = {
    storage: () => tab.storage(),
    isReload: () => false,
    watchPage: (...page) => tab.watchPage(...page),
    transport: (asked, timing) => proxy.transport(open, timing, asked),
    watchWakeSignals: (timing, wake, watch = watchPageEvents(tab.window)) => watchWakeSignals(timing, wake, watch),
    report: () => {},
  };
  let page = clock.page();
  /** Of the page that is open. */
  const clients: WebSocketService<any>[] = [];
  /** Of tabs that were duplicated. */
  const others: WebSocketService<any>[] = [];
  function makeClient(more: ClientOptions = {}): WebSocketService<any> {
    const adapted = adapt({ options: { ...clientOptions, ...more }, environment: { ...environment, timing: page } });
    const made = new WebSocketService<any>(adapted.options, adapted.environment);
    clients.push(made);
    return made;
  }
  let client = makeClient();

  const endAll = (reason: 'CLOSED_BY_SERVER' | 'CONNECTION_LOST', which: Iterable<FakeConnection> = connections) =>
    [...which].forEach((connection) => connection.end(reason));

  function killAll(): void {
    const dead = [...connections];
    for (const connection of dead) connection.blackHole();
    clock.setTimeout(() => endAll('CONNECTION_LOST', dead), HEARTBEAT_MS);
  }

  return {
    get client() {
      return client;
    },
    clock,
    job: (jobId) => backend.jobs.get(jobId)?.snapshot,
    requests,
    get connections() {
      return connections.size;
    },
    queue: (job) => report({ ...job, status: 'queued', stage: 'QUEUED' }),
    progress: (job) => report({ ...job, status: 'active' }),
    complete: (job) => report({ result: null, ...job, status: 'completed', stage: 'COMPLETED', progress: 100 }),
    fail: ({ willRetry = false, error, ...job }) =>
      report({
        ...job,
        status: willRetry ? 'retrying' : 'failed',
        ...(!willRetry && { stage: 'FAILED' }),
        error: { code: 'FAILED', message: 'The job failed.', retryable: willRetry, ...error },
      }),
    cancel: (job) => report({ ...job, status: 'cancelled', stage: 'CANCELLED' }),
    forget: backend.forget,
    drop: (count = 1) => broadcasts.drop(count),
    duplicate: (count = 1) => broadcasts.duplicate(count),
    reorder: (count = 2) => broadcasts.reorder(count),
    delay: (duration) => void (latency = milliseconds(duration)),
    wake: () => tab.wake(),
    disconnect({ http = false } = {}) {
      network = http ? 'down' : 'no-socket';
      endAll('CONNECTION_LOST');
    },
    reconnect() {
      network = 'up';
    },
    proxy: proxy.setPolicy,
    blackHole: killAll,
    refuseNext: (error, { retryAfter = 0 } = {}) => void (refusal = { error, retryAfter }),
    restartServer: () => endAll('CONNECTION_LOST'),
    expireToken() {
      generation++;
      fresher.clear();
      const expiring = [...connections];
      clock.setTimeout(() => endAll('CLOSED_BY_SERVER', expiring.filter((one) => !fresher.has(one))), EXPIRY_MS);
      for (const connection of expiring) connection.warnOfExpiry(new Date(clock.now() + EXPIRY_MS / 2).toISOString());
    },
    signIn(userId) {
      user = userId;
    },
    async sleepTab(duration) {
      killAll();
      clock.sleep(duration);
      tab.wake();
      await clock.advance(0);
    },
    reloadTab(more) {
      tab.reload();
      page.unload();
      for (const gone of clients.splice(0)) gone.disconnect();
      page = clock.page();
      return (client = makeClient(more));
    },
    duplicateTab(more) {
      tab = tab.duplicate();
      page = clock.page();
      others.push(...clients.splice(0));
      return (client = makeClient(more));
    },
    anotherClient: makeClient,
    async advance(duration) {
      broadcasts.release();
      await clock.advance(duration);
    },
    status,
    close() {
      for (const open of [...clients, ...others]) open.disconnect();
      endAll('CLOSED_BY_SERVER');
    },
  };
}
