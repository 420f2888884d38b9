import { isFinal, isJobSnapshot, JobEventsError, type AnyJobSnapshot, type Subscription } from '@notes/job-events-protocol';
import { checkOptions } from './check-options.js';
import type { ClientErrorCode } from './client-errors.js';
import type { ClientEnvironment } from './client-environment.js';
import type { ClientOptions } from './client-options.js';
import { createErrorReporter } from './error-reporter.js';
import { createConnectionDriver, type ConnectionDriver } from './connection/connection-driver.js';
import type { ConnectionReason, ConnectionState } from './connection/connection-state.js';
import type { Inspection, Receive, Source } from './inspection.js';
import { createHandlerSet, type HandlerSet } from './jobs/handler-set.js';
import { createJobTable, type JobTable } from './jobs/job-table.js';
import { createJobTracker, type JobTracker } from './jobs/job-tracker.js';
import { settleOnce } from './jobs/settle-once.js';
import { createTabMemory } from './jobs/tab-memory.js';
import { FINISHED_MS, WAKE_MS } from './limits.js';
import { shareCall } from './share-call.js';
import { coalesce } from './timing.js';
import { createSubscriptionRegistry } from './subscriptions/subscription-registry.js';
import { createSynchronizer } from './sync/synchronizer.js';
import { pollingTransport } from './transport/polling-transport.js';
import { createStatusClient, type StatusClient } from './transport/status-client.js';

/** What {@link WebSocketService} is a face of: every part, put together. */
export interface JobFollower {
  readonly driver: ConnectionDriver;
  readonly handlers: HandlerSet;
  readonly table: JobTable;
  readonly tracker: JobTracker;
  readonly status: StatusClient;
  /** Stands for the user who is followed now; another user, or a reset, brings another one. */
  readonly era: object;
  subscribe(subscription: Subscription): () => void;
  readonly receive: Receive;
  /** Hands over the ends that nobody has heard of yet. */
  settleAll(): void;
  inspect(wrap: (receive: Receive) => Receive): Inspection;
  reset(): void;
}

/** States go one way: from the connection or a status answer through `receive` into the table, and on to the handlers. */
export function createJobFollower(options: ClientOptions, environment: ClientEnvironment): JobFollower {
  const { timing } = environment;
  checkOptions(options);
  const { url = '', statusUrl = `${url.replace(/\/$/, '')}/api/jobs`, pollingOnly = false } = options;
  const { withCredentials, finishedJobsMs = FINISHED_MS, shareAcrossTabs = (open) => open } = options;
  let era = {};
  let stopWatching = () => {};
  let receive: Receive = takeOver;
  const untold: (() => void)[] = [];

  // Read at each call: hot reloading brings new functions.
  const report = createErrorReporter(() => options.onError, environment.report);
  const token = shareCall(timing, async () => (await options.auth?.()) ?? undefined);

  const handlers = createHandlerSet(report);
  const memory = createTabMemory(environment.storage(), `job-events:3 ${statusUrl} ${options.namespace} ${options.path}`, report);
  const status = createStatusClient({ statusUrl, token, withCredentials, timing, fetch: (...request) => (options.fetch ?? fetch)(...request) });
  const driver = createConnectionDriver({
    timing,
    token,
    open: pollingOnly ? pollingTransport(status) : shareAcrossTabs(options.transport ?? environment.transport(options, timing)),
    onState: stateChanged,
    onEvent(name, payload) {
      if (name === 'auth:expiring') renewToken().catch(report);
      else if (name.startsWith('job:')) receive([payload], 'event');
    },
    onError: report,
  });
  const isConnected = () => driver.state === 'CONNECTED';
  const table = createJobTable(timing, finishedJobsMs, () => {
    synchronizer.adjust();
    handlers.emit('onChange');
  });
  const registry = createSubscriptionRegistry({
    timing,
    isConnected,
    request: driver.request,
    onAnswer(answer) {
      receive(answer.snapshots, 'answer');
      synchronizer.subscribed(answer);
    },
    onError: ({ code, message }, subscription) => refused(code, message, subscription),
    onChange() {
      table.keep(registry.covers);
      synchronizer.adjust();
    },
  });
  const synchronizer = createSynchronizer({
    timing,
    pollingOnly,
    driver,
    status,
    unfinished: table.unfinished,
    unseen: () => registry.jobIds.filter((jobId) => !table.find(jobId)),
    followsUser: () => registry.hasUser,
    receive: (snapshots) => receive(snapshots, 'answer'),
    onUnknown(jobId) {
      table.forget(jobId);
      registry.refuse(jobId);
      refused('JOB_UNKNOWN', `The server does not know job ${jobId} any more.`, { jobId });
    },
    onError: report,
  });
  const tracker = createJobTracker(memory, table, registry.add, settle);
  tracker.resume();

  function stateChanged(state: ConnectionState, previous: ConnectionState, reason: ConnectionReason, message?: string): void {
    stopWatching();
    if (reason !== 'DISCONNECT_CALLED') stopWatching = environment.watchWakeSignals(timing, coalesce(timing, WAKE_MS, wake));
    synchronizer.restart();
    registry.restore();
    tellInTurn(() => {
      handlers.emit('onStateChange', state, previous, reason, message);
      if (state === 'CONNECTED') handlers.emit('onConnect');
      else if (previous === 'CONNECTED') handlers.emit('onDisconnect', reason);
    });
  }

  /** A handler may change the state itself: everybody hears of one change before anybody hears of the next. */
  function tellInTurn(tell: () => void): void {
    if (untold.push(tell) > 1) return;
    for (; untold[0]; untold.shift()) untold[0]();
  }

  /** The device may have slept, and a connection that looks open may be dead. */
  function wake(): void {
    if (isConnected()) return void synchronizer.now();
    driver.dispatch('WOKE');
    driver.hurry();
  }

  /** Without success the server ends the connection when the token is over, and the next attempt asks for a token again. */
  async function renewToken(): Promise<void> {
    const fresh = await token();
    const answer = fresh && (await driver.request('authenticate', { token: fresh }));
    if (answer && !answer.ok && answer.error.code === 'FORBIDDEN') driver.dispatch('USER_CHANGED');
  }

  /** Takes states over; says whether any was new. What nobody asks for any more is still on its way, and ignored. */
  function takeOver(snapshots: readonly unknown[], source: Source): boolean {
    let isNews = false;
    for (const snapshot of snapshots)
      if (!isJobSnapshot(snapshot))
        report(new JobEventsError('INVALID_PAYLOAD', 'This is no job: it was ignored.', { cause: snapshot }));
      else if (source === 'application' || registry.covers(snapshot.jobId)) {
        const job = table.apply(snapshot, source === 'event');
        if (!job) continue;
        isNews = true;
        settle(job);
        if (!job.version[1]) handlers.emit('onJobProgress', job as never);
        if (isFinal(job.status)) tracker.ended(job.jobId);
      }
    return isNews;
  }

  function settle(job: AnyJobSnapshot): void {
    settleOnce(job, table.endedBefore(job), memory, handlers);
  }

  function refused(code: ClientErrorCode, message: string, subscription: Subscription): void {
    if ('jobId' in subscription) tracker.untrack(subscription.jobId);
    handlers.emit('onSubscriptionError', new JobEventsError(code, message), subscription);
  }

  function leaveUser(): void {
    tracker.release();
    // Whoever waits for a job hears of the change, and looks whether it is still the same era.
    era = {};
    table.clear();
    // A status answer that is on its way is about the user who has gone.
    synchronizer.restart();
  }

  return {
    driver,
    handlers,
    table,
    tracker,
    status,
    get era() {
      return era;
    },
    subscribe(subscription) {
      if ('userId' in subscription && !registry.hasUser) {
        if (memory.user && memory.user !== subscription.userId) {
          leaveUser();
          driver.dispatch('USER_CHANGED');
        }
        memory.switchTo(subscription.userId);
        tracker.resume();
      }
      return registry.add(subscription);
    },
    receive: (jobs, source) => receive(jobs, source),
    settleAll() {
      // A handler may sign the user out.
      for (const job of table.list()) if (table.get(job.jobId)) settle(job);
    },
    inspect(wrap) {
      const mine = (receive = wrap(takeOver));
      return {
        subscriptions: registry.list,
        stop() {
          if (receive === mine) receive = takeOver;
        },
      };
    },
    reset() {
      driver.dispatch('DISCONNECT_CALLED');
      memory.clear();
      registry.clear();
      leaveUser();
    },
  };
}
