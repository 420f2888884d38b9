import { JobEventsError, type SubscribeAnswer, type Subscription } from '@notes/job-events-protocol';
import { attempt } from './attempt.js';
import { checkOptions } from './check-options.js';
import type { ClientErrorCode } from './client-errors.js';
import type { ClientEnvironment } from './client-environment.js';
import type { ClientOptions } from './client-options.js';
import { createErrorReporter } from './error-reporter.js';
import { createConnectionDriver, type ConnectionDriver } from './connection/connection-driver.js';
import type { ConnectionReason, ConnectionState } from './connection/connection-state.js';
import type { WatchWakeSignals } from './connection/wake-signals.js';
import { createHandlerSet, type HandlerSet } from './jobs/handler-set.js';
import { createJobFlow, type JobFlow } from './jobs/job-flow.js';
import { createJobTable, type JobTable } from './jobs/job-table.js';
import { createJobTracker } from './jobs/job-tracker.js';
import { createTabMemory, type TabMemory } from './jobs/tab-memory.js';
import { lazily } from './lazily.js';
import { FINISHED_MS, WAKE_MS } from './limits.js';
import { shareCall } from './share-call.js';
import { createSerialDispatch } from './serial-dispatch.js';
import { coalesce } from './timing.js';
import { createSubscriptionRegistry } from './subscriptions/subscription-registry.js';
import { planSync } from './sync/sync-plan.js';
import { createSynchronizer } from './sync/synchronizer.js';
import { pollingTransport } from './transport/polling-transport.js';
import { createStatusClient, type StatusClient } from './transport/status-client.js';

/** What {@link WebSocketService} is a face of: every part, put together. */
export interface ClientParts {
  readonly driver: ConnectionDriver;
  readonly handlers: HandlerSet;
  readonly table: JobTable;
  readonly memory: TabMemory;
  readonly flow: JobFlow;
  readonly status: StatusClient;
  subscribe(subscription: Subscription): () => void;
  track(jobId: string): void;
  untrack(jobId: string): void;
  /** Says whether everything of the user's that the server knew has come. */
  readonly isListLoaded: boolean;
  report(error: unknown): void;
  connect(): void;
  reset(): void;
  close(): void;
}

/** The parts, each made of those above it, and then what each tells the others. The way of a state is {@link JobFlow}. */
export function createClient(options: ClientOptions, environment: ClientEnvironment): ClientParts {
  const { timing } = environment;
  checkOptions(options);
  const { url = '', statusUrl = `${url.replace(/\/$/, '')}/api/jobs`, pollingOnly = false } = options;
  const { withCredentials, finishedJobsMs = FINISHED_MS, shareAcrossTabs = (open) => open } = options;

  let isListLoaded = false;
  /** Whose list the cursor goes on in. */
  let listedUser: string | undefined;
  /** States came before a user was named: they may be somebody else's. */
  let hasUnnamedJobs = false;
  /**
   * `unsure` where the connection was begun before the user was named, until the server agrees that it is this user's. What
   * comes meanwhile is ignored, and asked for again.
   */
  let identity: 'sure' | 'unsure' | 'ignoring' = 'sure';
  let stopWatching: (() => void) | undefined;

  // Read at each call: hot reloading brings new functions.
  const report = createErrorReporter(() => options.onError, environment.report);
  const token = shareCall(timing, async () => (await options.auth?.()) ?? undefined);
  const handlers = createHandlerSet(report);
  const dispatchInOrder = createSerialDispatch();
  // A client that is only made, as in a render that React discards, takes nothing from the one that is used.
  const memory = lazily(() =>
    createTabMemory({
      timing,
      storage: environment.storage(),
      key: `job-events:5 ${statusUrl} ${options.namespace} ${options.path}`,
      isReload: environment.isReload,
      watchPage: environment.watchPage,
      onError: report,
    }),
  );
  const status = createStatusClient({ statusUrl, token, withCredentials, timing, fetch: (...request) => (options.fetch ?? fetch)(...request) });
  const open = pollingOnly ? pollingTransport(status, () => registry.user) : shareAcrossTabs(options.transport ?? environment.transport(options, timing));
  const driver = createConnectionDriver({ timing, address: url + (options.namespace ?? '/jobs'), token, open, onError: report });
  const isConnected = () => driver.state === 'CONNECTED';
  const registry = createSubscriptionRegistry({ timing, isConnected, request: driver.request });
  const table = createJobTable({ timing, finishedMs: finishedJobsMs, onChange: (jobIds) => handlers.emit('onJobsChange', jobIds) });
  const tracker = createJobTracker(memory, table, registry.add);
  const flow = createJobFlow({ table, memory, tracker, handlers, registry, accepts, report });
  const synchronizer = createSynchronizer({
    timing,
    isConnected,
    ...planSync(driver, registry, table, pollingOnly),
    async ask(jobs, cursor) {
      const { user } = registry;
      const answer = await (isConnected()
        ? driver.request('sync', { jobs, ...(cursor !== undefined && { cursor }) })
        : status.sync({ jobs, user, cursor }));
      if (user && !answer.ok && answer.error.code === 'FORBIDDEN') registry.deny({ userId: user }, answer.error);
      return answer;
    },
    onAnswer: answered,
    onMissing(jobId) {
      // On a connection the subscription's own answer says so.
      if (!isConnected()) registry.deny({ jobId }, { code: 'NOT_FOUND', message: 'There is no such job.' });
    },
    onUnknown(jobId) {
      table.forget(jobId);
      registry.refuse(jobId);
      refused('JOB_UNKNOWN', `The server does not know job ${jobId} any more.`, { jobId });
    },
    onBack: driver.hurry,
    onError: report,
  });

  /** Says whether what the server sends is the user's. */
  function accepts(): boolean {
    const isTheirs = !isConnected() || identity === 'sure';
    if (!isTheirs) identity = 'ignoring';
    else if (!memory.user) hasUnnamedJobs = true;
    return isTheirs;
  }

  /** Says whether the user is still the same. */
  function answered(answer: SubscribeAnswer): boolean {
    const isSame = flow.answered(answer);
    // Only the answers of a user's list have a cursor.
    if (isSame && !isListLoaded && answer.cursor !== undefined && !answer.more && registry.user) {
      isListLoaded = true;
      handlers.emit('onJobsChange', undefined);
    }
    return isSame;
  }

  function identified(): void {
    const isOwed = identity === 'ignoring';
    identity = 'sure';
    if (isOwed) registry.restore();
  }

  function stateChanged(state: ConnectionState, previous: ConnectionState, reason: ConnectionReason, message?: string): void {
    if (state !== 'CONNECTED') identity = 'sure';
    resumeTracked();
    synchronizer.restart();
    registry.restore();
    dispatchInOrder(() => {
      handlers.emit('onStateChange', state, previous, reason, message);
      if (state === 'CONNECTED') handlers.emit('onConnect');
      else if (previous === 'CONNECTED') handlers.emit('onDisconnect', reason);
    });
  }

  /** The device may have slept, and a connection that looks open may be dead. */
  const wakeSoon = coalesce(timing, WAKE_MS, () => {
    registry.retryRefused(false);
    if (isConnected()) return synchronizer.now();
    driver.dispatch('WOKE');
  });

  /** A function of the application's that throws, or gives no way to stop, harms nobody. */
  const watchSafely: WatchWakeSignals = (wake) => {
    const stop = attempt(report, () => options.watchWakeSignals?.(wake));
    return () => attempt(report, () => stop?.());
  };

  /** Without success the server ends the connection when the token is over, and the next attempt asks for a token again. */
  async function renewToken(): Promise<void> {
    const fresh = await token();
    const answer = fresh && (await driver.request('authenticate', { token: fresh }));
    if (answer && !answer.ok && answer.error.code === 'FORBIDDEN') driver.dispatch('USER_CHANGED');
  }

  function refused(code: ClientErrorCode, message: string, subscription: Subscription): void {
    if ('jobId' in subscription) tracker.untrack(subscription.jobId);
    const error = new JobEventsError(code, message);
    if ('userId' in subscription) report(error);
    handlers.emit('onSubscriptionError', error, subscription);
  }

  /** What the page before tracked, once. */
  let resumeTracked = (): void => {
    resumeTracked = () => {};
    tracker.resume();
  };

  function leaveUser(): void {
    tracker.releaseAll();
    isListLoaded = hasUnnamedJobs = false;
    flow.clear();
    synchronizer.forgetList();
    synchronizer.restart();
  }

  driver.listen({
    onState: stateChanged,
    onStatus() {
      if (driver.status.reason !== 'DISCONNECT_CALLED') stopWatching ??= environment.watchWakeSignals(timing, wakeSoon, options.watchWakeSignals && watchSafely);
      else stopWatching = void stopWatching?.();
      dispatchInOrder(() => handlers.emit('onConnectionChange', driver.status));
    },
    onEvent(name, payload) {
      if (name === 'auth:expiring') renewToken().catch(report);
      else if (name.startsWith('job:')) flow.receive([payload], 'event');
    },
  });
  registry.listen({
    onAnswer(answer) {
      if (registry.hasJoinedUser) identified();
      if (answered(answer)) synchronizer.subscribed(answer);
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
      report(new JobEventsError(code, `${message} Other jobs are polled. Subscribe to the user, or raise the server's limit.`)),
    onChange() {
      flow.keepFollowed();
      if (registry.user !== listedUser) synchronizer.forgetList();
      listedUser = registry.user;
      if (!listedUser) {
        isListLoaded = false;
        identified();
      }
      synchronizer.adjust();
    },
  });
  handlers.add({ onJobsChange: synchronizer.adjust }, {});

  return {
    driver,
    handlers,
    table,
    memory,
    flow,
    status,
    subscribe(subscription) {
      if ('jobId' in subscription || registry.user) return registry.add(subscription);
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
    track(jobId) {
      tracker.track(jobId);
      flow.settleAgain(jobId);
    },
    untrack: tracker.untrack,
    get isListLoaded() {
      return isListLoaded;
    },
    report,
    connect() {
      // A connection speaks for the user of its token.
      if (registry.retryRefused(true) && isConnected()) driver.dispatch('USER_CHANGED');
      driver.dispatch('CONNECT_CALLED');
    },
    reset() {
      driver.dispatch('DISCONNECT_CALLED');
      memory.clear();
      registry.clear();
      leaveUser();
    },
    close() {
      driver.dispatch('DISCONNECT_CALLED');
      registry.clear();
      // Whoever waits for a job hears that its user has gone.
      leaveUser();
      handlers.clear();
      memory.close();
    },
  };
}
