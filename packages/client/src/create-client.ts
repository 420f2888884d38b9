import { isJobSnapshot, JobEventsError, QUEUED_VERSION, type AnyJobSnapshot, type SubscribeAnswer, type Subscription } from '@notes/job-events-protocol';
import { checkOptions } from './check-options.js';
import type { ClientErrorCode } from './client-errors.js';
import type { ClientEnvironment } from './client-environment.js';
import type { ClientOptions } from './client-options.js';
import { createErrorReporter } from './error-reporter.js';
import { createConnectionDriver, type ConnectionDriver } from './connection/connection-driver.js';
import type { ConnectionReason, ConnectionState } from './connection/connection-state.js';
import type { Inspection, Receive } from './inspection.js';
import { createHandlerSet, type HandlerSet } from './jobs/handler-set.js';
import { createJobTable, type JobTable } from './jobs/job-table.js';
import { createJobTracker, type JobTracker } from './jobs/job-tracker.js';
import { settleOnce } from './jobs/settle-once.js';
import { createTabMemory } from './jobs/tab-memory.js';
import { AFTER_SUBSCRIBING_MS, FINISHED_MS, LIST_ROUNDS, POLL_LIST_MS, POLL_MS, WAKE_MS, WITH_JOBS_MS, WITHOUT_JOBS_MS } from './limits.js';
import { shareCall } from './share-call.js';
import { createSerialDispatch } from './serial-dispatch.js';
import { coalesce } from './timing.js';
import { createSubscriptionRegistry } from './subscriptions/subscription-registry.js';
import { createSynchronizer } from './sync/synchronizer.js';
import { pollingTransport } from './transport/polling-transport.js';
import { createStatusClient, type StatusClient } from './transport/status-client.js';

/** What {@link WebSocketService} is a face of: every part, put together. */
export interface ClientParts {
  readonly driver: ConnectionDriver;
  readonly handlers: HandlerSet;
  readonly table: JobTable;
  readonly tracker: JobTracker;
  readonly status: StatusClient;
  /** Stands for the user who is followed now; another user, or a reset, brings another one. */
  readonly session: object;
  subscribe(subscription: Subscription): () => void;
  readonly receive: Receive;
  /** Delivers the ends that nobody has heard of yet. */
  settleAll(): void;
  inspect(wrap: (receive: Receive) => Receive): Inspection;
  /** Says whether everything of the user's that the server knew has come. */
  readonly isListLoaded: boolean;
  report(error: unknown): void;
  reset(): void;
  close(): void;
}

/**
 * The parts, each made of those above it, and then what each tells the others. A state goes one way: it **arrives** from
 * the connection or a status answer, is **applied** to the table, its end is **settled**, and the handlers are **notified**.
 */
export function createClient(options: ClientOptions, environment: ClientEnvironment): ClientParts {
  const { timing } = environment;
  checkOptions(options);
  const { url = '', statusUrl = `${url.replace(/\/$/, '')}/api/jobs`, pollingOnly = false } = options;
  const { withCredentials, finishedJobsMs = FINISHED_MS, shareAcrossTabs = (open) => open } = options;

  // Read at each call: hot reloading brings new functions.
  const report = createErrorReporter(() => options.onError, environment.report);
  const token = shareCall(timing, async () => (await options.auth?.()) ?? undefined);

  const handlers = createHandlerSet(report);
  const memory = createTabMemory({
    timing,
    storage: environment.storage(),
    key: `job-events:5 ${statusUrl} ${options.namespace} ${options.path}`,
    isReload: environment.isReload,
    watchPage: environment.watchPage,
    onError: report,
  });
  const status = createStatusClient({ statusUrl, token, withCredentials, timing, fetch: (...request) => (options.fetch ?? fetch)(...request) });
  /** Jobs of somebody else's that are watched by their id, as the server says. */
  const foreign = new Set<string>();
  const table = createJobTable({ timing, finishedMs: finishedJobsMs, isListed: (jobId) => !foreign.has(jobId), onChange: (jobIds) => handlers.emit('onJobsChange', jobIds) });
  const open = pollingOnly ? pollingTransport(status) : shareAcrossTabs(options.transport ?? environment.transport(options, timing));
  const driver = createConnectionDriver({ timing, address: url + (options.namespace ?? '/jobs'), token, open, onError: report });
  const isConnected = () => driver.state === 'CONNECTED';
  const registry = createSubscriptionRegistry({ timing, isConnected, request: driver.request });
  /** Jobs whose first state no subscription brings. */
  const unseen = () => (isOverHttp() ? registry.jobIds : registry.jobIdsOverLimit).filter((jobId) => !table.find(jobId));
  const isOverHttp = () => pollingOnly || !isConnected();
  const synchronizer = createSynchronizer({
    timing,
    isConnected,
    // An event may overtake the answer to a subscription; over HTTP there are none.
    firstMs: pollingOnly ? POLL_MS : AFTER_SUBSCRIBING_MS,
    interval() {
      if (driver.state === 'DISCONNECTED') return 0;
      const [withJobs, withoutJobs] = isOverHttp() ? [POLL_MS, POLL_LIST_MS] : [WITH_JOBS_MS, WITHOUT_JOBS_MS];
      return table.hasUnfinished || unseen()[0] ? withJobs : registry.hasUser ? withoutJobs : 0;
    },
    known: (round) => [
      // Over HTTP the list brings what became of the user's own; that one of them is gone only shows where it is named.
      ...table.unfinished().filter(({ jobId }) => !isOverHttp() || !registry.hasUser || registry.holds(jobId) || round % LIST_ROUNDS === 0),
      ...unseen().map((jobId) => ({ jobId, version: QUEUED_VERSION })),
    ],
    ask: (jobs, cursor) =>
      isConnected()
        ? driver.request('sync', { jobs, ...(cursor !== undefined && { cursor }) })
        : status.sync({ jobs, list: registry.hasUser, cursor }),
    onAnswer: answered,
    onUnknown(jobId) {
      table.forget(jobId);
      registry.refuse(jobId);
      refused('JOB_UNKNOWN', `The server does not know job ${jobId} any more.`, { jobId });
    },
    onBack: driver.hurry,
    onError: report,
  });
  const tracker = createJobTracker(memory, table, registry.add, settle);

  let session = {};
  let isListLoaded = false;
  /** States came before a user was named: they may be somebody else's. */
  let hasUnnamedJobs = false;
  /**
   * `unsure` where the connection was begun before the user was named, until the server agrees that it is this user's. What
   * comes meanwhile is ignored, and asked for again.
   */
  let identity: 'sure' | 'unsure' | 'ignoring' = 'sure';
  let stopWatching = () => {};
  let receive: Receive = arrive;
  const dispatchInOrder = createSerialDispatch();

  function answered({ snapshots, foreign: ids = [], cursor, more }: Pick<SubscribeAnswer, 'snapshots' | 'foreign' | 'cursor' | 'more'>): void {
    let isOwnNow = false;
    for (const { jobId } of snapshots)
      if (ids.includes(jobId)) foreign.add(jobId);
      else if (foreign.delete(jobId)) {
        isOwnNow = true;
        table.refresh(jobId);
      }
    receive(snapshots, 'answer');
    // An end may have come before it was known to be the user's own.
    if (isOwnNow) settleAll();
    // Only the answers of a user's list have a cursor.
    if (isListLoaded || cursor === undefined || more || !registry.hasUser) return;
    isListLoaded = true;
    handlers.emit('onJobsChange', undefined);
  }

  /** What was ignored is asked for again. */
  function identified(): void {
    const isOwed = identity === 'ignoring';
    identity = 'sure';
    if (isOwed) registry.restore();
  }

  const covers = (jobId: string) => (foreign.has(jobId) ? registry.holds(jobId) : registry.covers(jobId));

  /** Says whether any state was new. What nobody asks for any more is still on its way, and ignored. */
  function arrive(...[snapshots, source]: Parameters<Receive>): boolean {
    let isNews = false;
    for (const snapshot of snapshots)
      if (!isJobSnapshot(snapshot))
        report(new JobEventsError('INVALID_PAYLOAD', 'This is no job: it was ignored.', { cause: snapshot }));
      else if (source !== 'application' && isConnected() && identity !== 'sure') identity = 'ignoring';
      else if (source === 'application' || covers(snapshot.jobId)) {
        const job = table.apply(snapshot, source === 'event');
        if (!job) continue;
        isNews = true;
        if (!memory.user && source !== 'application') hasUnnamedJobs = true;
        settle(job);
        if (!job.version[1]) handlers.emit('onJobProgress', job as never);
      }
    table.notify();
    synchronizer.adjust();
    return isNews;
  }

  function settle(job: AnyJobSnapshot): void {
    settleOnce(job, { initial: table.endedBefore(job), foreign: foreign.has(job.jobId) }, memory, handlers);
    tracker.settled(job);
  }

  function settleAll(): void {
    const mine = session;
    // A handler may sign the user out.
    for (const job of new Set([...table.list(), ...tracker.unheard()])) if (mine === session) settle(job);
  }

  function stateChanged(state: ConnectionState, previous: ConnectionState, reason: ConnectionReason, message?: string): void {
    stopWatching();
    if (reason !== 'DISCONNECT_CALLED') stopWatching = environment.watchWakeSignals(timing, coalesce(timing, WAKE_MS, wake), options.watchWakeSignals);
    if (state !== 'CONNECTED') identity = 'sure';
    synchronizer.restart();
    registry.restore();
    dispatchInOrder(() => {
      handlers.emit('onStateChange', state, previous, reason, message);
      if (state === 'CONNECTED') handlers.emit('onConnect');
      else if (previous === 'CONNECTED') handlers.emit('onDisconnect', reason);
    });
  }

  /** The device may have slept, and a connection that looks open may be dead. */
  function wake(): void {
    if (isConnected()) return synchronizer.now();
    driver.dispatch('WOKE');
    driver.hurry();
  }

  /** Without success the server ends the connection when the token is over, and the next attempt asks for a token again. */
  async function renewToken(): Promise<void> {
    const fresh = await token();
    const answer = fresh && (await driver.request('authenticate', { token: fresh }));
    if (answer && !answer.ok && answer.error.code === 'FORBIDDEN') driver.dispatch('USER_CHANGED');
  }

  function refused(code: ClientErrorCode, message: string, subscription: Subscription): void {
    if ('jobId' in subscription) tracker.untrack(subscription.jobId);
    handlers.emit('onSubscriptionError', new JobEventsError(code, message), subscription);
  }

  function leaveUser(): void {
    tracker.release();
    // Whoever waits for a job hears of the change, and looks whether it is still the same session.
    session = {};
    isListLoaded = hasUnnamedJobs = false;
    foreign.clear();
    table.clear();
    synchronizer.forgetList();
    synchronizer.restart();
  }

  driver.listen({
    onState: stateChanged,
    onStatus() {
      if (driver.status.reason === 'DISCONNECT_CALLED') stopWatching();
      dispatchInOrder(() => handlers.emit('onConnectionChange', driver.status));
    },
    onEvent(name, payload) {
      if (name === 'auth:expiring') renewToken().catch(report);
      else if (name.startsWith('job:')) receive([payload], 'event');
    },
  });
  registry.listen({
    onAnswer(answer) {
      if (registry.hasJoinedUser) identified();
      answered(answer);
      synchronizer.subscribed(answer);
    },
    onError({ code, message }, subscription) {
      if (code !== 'FORBIDDEN' || identity === 'sure' || 'jobId' in subscription) {
        if ('userId' in subscription) identified();
        return refused(code, message, subscription);
      }
      table.clear();
      driver.dispatch('USER_CHANGED');
      return false;
    },
    onLimit: ({ code, message }) =>
      report(new JobEventsError(code, `${message} Jobs beyond it are asked for every 10 s instead. Subscribe to the user, or set the limit of the server higher.`)),
    onChange() {
      table.keep(covers);
      for (const jobId of foreign) if (!registry.holds(jobId)) foreign.delete(jobId);
      if (!registry.hasUser) {
        isListLoaded = false;
        synchronizer.forgetList();
        identified();
      }
      synchronizer.adjust();
    },
  });
  tracker.resume();

  return {
    driver,
    handlers,
    table,
    tracker,
    status,
    get session() {
      return session;
    },
    subscribe(subscription) {
      if ('jobId' in subscription || registry.hasUser) return registry.add(subscription);
      if (memory.user && memory.user !== subscription.userId) {
        leaveUser();
        driver.dispatch('USER_CHANGED');
      } else if (!memory.user && driver.state !== 'DISCONNECTED') identity = 'unsure';
      // An answer that is on its way is about whoever was there before.
      synchronizer.restart();
      memory.switchTo(subscription.userId);
      tracker.resume();
      const release = registry.add(subscription);
      if (hasUnnamedJobs) {
        hasUnnamedJobs = false;
        table.clear();
        registry.restore();
      }
      return release;
    },
    receive: (jobs, source) => receive(jobs, source),
    settleAll,
    inspect(wrap) {
      const mine = (receive = wrap(arrive));
      return {
        subscriptions: registry.list,
        stop() {
          if (receive === mine) receive = arrive;
        },
      };
    },
    get isListLoaded() {
      return isListLoaded;
    },
    report,
    reset() {
      driver.dispatch('DISCONNECT_CALLED');
      memory.clear();
      registry.clear();
      leaveUser();
    },
    close() {
      driver.dispatch('DISCONNECT_CALLED');
      registry.clear();
      handlers.clear();
      leaveUser();
      memory.close();
    },
  };
}
