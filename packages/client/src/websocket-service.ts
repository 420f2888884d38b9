import {
  isFinal,
  isJobId,
  isJobSnapshot,
  isUserId,
  JobEventsError,
  type AnyJobSnapshot,
  type DefinitionIn,
  type DefinitionOfType,
  type JobSnapshot,
  type RegisteredJobs,
  type ResultOf,
  type Subscription,
  type TypeOf,
} from '@notes/job-events-protocol';
import { JobCancelledError, JobFailedError, type ClientErrorCode } from './client-errors.js';
import { browserEnvironment, type ClientEnvironment } from './client-environment.js';
import type { ClientOptions } from './client-options.js';
import { createConnectionDriver, type ConnectionDriver } from './connection/connection-driver.js';
import type { ConnectionReason, ConnectionState } from './connection/connection-state.js';
import type { HandlerOptions, JobHandlers } from './job-handlers.js';
import { createHandlerSet, type AnyHandlers, type HandlerSet } from './jobs/handler-set.js';
import { createJobTable, type JobTable } from './jobs/job-table.js';
import { settleOnce } from './jobs/settle-once.js';
import { statesOf } from './jobs/states-of.js';
import { createTabMemory, type TabMemory } from './jobs/tab-memory.js';
import { configureShared, resetShared, sharedInstance } from './shared-instance.js';
import { createSubscriptionRegistry, type SubscriptionRegistry } from './subscriptions/subscription-registry.js';
import { createSynchronizer, type Synchronizer } from './sync/synchronizer.js';
import { pollingTransport } from './transport/polling-transport.js';
import { createStatusClient, type StatusClient } from './transport/status-client.js';

const FINISHED_MS = 600_000;

/** A store as React's `useSyncExternalStore` and Svelte's store contract want it. */
export interface JobStore<J = RegisteredJobs> {
  /** Calls `listener` with the jobs, at once and after each change. Returns how to stop. */
  readonly subscribe: (listener: (jobs: readonly JobSnapshot<J>[]) => void) => () => void;
  /** The jobs, newest `createdAt` first; the same array as long as nothing changes. */
  readonly getSnapshot: () => readonly JobSnapshot<J>[];
}

export interface FollowOptions {
  /** Gives up; the promise or iteration then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Follows background jobs: keeps a connection, restores subscriptions, falls back to status requests, and holds the
 * newest known state of each job (specification, sections 1 to 3).
 *
 * @example
 * WebSocketService.configure({ auth: () => session.token() });
 * const client = WebSocketService.getInstance();
 * client.on({ onJobCompleted: (result, job) => show(result) });
 * client.subscribe({ userId });
 * await client.connect();
 */
export class WebSocketService<J = RegisteredJobs> {
  /** The options of the instance that `getInstance` will make. See {@link getInstance}. */
  static configure(options: ClientOptions): void {
    configureShared(options);
  }

  /**
   * The one instance of this page, made at the first call; opens nothing by itself. There is one even where the ESM and
   * the CommonJS build are both loaded, and through hot reloading.
   *
   * @throws JobEventsError `INVALID_OPTIONS` for other options than before (functions may differ: the newest count);
   * `NO_SHARED_INSTANCE` on a server, where all users would share it: use `new WebSocketService(options)` there.
   */
  static getInstance<J = RegisteredJobs>(options?: ClientOptions): WebSocketService<J> {
    return sharedInstance(options, (all) => new WebSocketService<any>(all));
  }

  /** Resets the shared instance and forgets it and its options, as tests and a logout that changes servers need. */
  static reset(): void {
    resetShared();
  }

  /** The jobs that are shown, for UI libraries. Its functions need no `this`. */
  readonly store: JobStore<J>;

  readonly #options: ClientOptions;
  readonly #handlers: HandlerSet;
  readonly #table: JobTable;
  readonly #memory: TabMemory;
  readonly #driver: ConnectionDriver;
  readonly #registry: SubscriptionRegistry;
  readonly #synchronizer: Synchronizer;
  readonly #status: StatusClient;
  readonly #environment: ClientEnvironment;
  /** How to end the subscriptions that `trackJob` made, by job. */
  readonly #tracking = new Map<string, () => void>();
  /** What the server said as it refused the connection. */
  #refusal: string | undefined;
  #stopWatching = () => {};
  /** Aborted when what is being waited for belongs to a user who has gone. */
  #stay = new AbortController();

  /** @param environment Clock, storage and transport, for tests. */
  constructor(options: ClientOptions = {}, environment: Partial<ClientEnvironment> = {}) {
    const env = (this.#environment = { ...browserEnvironment, ...environment });
    const { timing } = env;
    const { url = '', statusUrl = `${url}/api/jobs`, pollingOnly = false } = options;
    this.#options = options;
    const onError = (error: unknown) => this.#report(error);
    const token = async () => (await this.#options.auth?.()) ?? undefined;
    const state = () => this.#driver.state;

    this.#handlers = createHandlerSet(onError);
    this.#table = createJobTable(timing, options.finishedJobsMs ?? FINISHED_MS, () => this.#jobsChanged());
    this.#memory = createTabMemory(env.storage(), onError);
    this.#status = createStatusClient({ statusUrl, token, fetch: options.fetch, withCredentials: options.withCredentials });
    this.#driver = createConnectionDriver({
      timing,
      token,
      onError,
      open: pollingOnly ? pollingTransport(this.#status) : env.transport(options),
      onState: (...change) => this.#stateChanged(...change),
      onEvent: (name, payload) => this.#heard(name, payload),
    });
    this.#registry = createSubscriptionRegistry({
      timing,
      isConnected: () => this.isConnected,
      request: this.#driver.request,
      onAnswer: (answer) => {
        this.#receive(answer.snapshots);
        this.#synchronizer.subscribed(answer);
      },
      onError: ({ code, message }, subscription) => this.#refused(code, message, subscription),
      onChange: () => {
        this.#table.keep(this.#registry.covers);
        this.#synchronizer.adjust();
      },
    });
    this.#synchronizer = createSynchronizer({
      timing,
      pollingOnly,
      state,
      request: this.#driver.request,
      status: this.#status,
      unfinished: this.#table.unfinished,
      unseen: () => this.#registry.jobIds.filter((jobId) => !this.#table.get(jobId)),
      followsUser: () => this.#registry.hasUser,
      receive: (snapshots) => this.#receive(snapshots),
      onUnknown: (jobId) => this.#unknown(jobId),
      onError,
    });
    this.store = {
      subscribe: (listener) => {
        const onChange = () => listener(this.getJobs());
        onChange();
        return this.#handlers.add({ onChange }, {});
      },
      getSnapshot: () => this.getJobs(),
    };
    this.#resume();
  }

  get state(): ConnectionState {
    return this.#driver.state;
  }

  get isConnected(): boolean {
    return this.state === 'CONNECTED';
  }

  /**
   * Opens the connection, and opens it again whenever it is lost. Resolves when CONNECTED, however long that takes;
   * nothing has to be awaited.
   *
   * @throws JobEventsError when the server refuses for good, or `disconnect` is called before. `code` is the reason.
   */
  connect(): Promise<void> {
    this.#driver.connect();
    const connected = new Promise<void>((resolve, reject) => {
      if (this.isConnected) return resolve();
      const off = this.on({
        onStateChange: (state, _previous, reason) => {
          if (state !== 'CONNECTED' && state !== 'DISCONNECTED') return;
          off();
          if (state === 'CONNECTED') resolve();
          else reject(new JobEventsError(reason, this.#refusal ?? `There will be no connection: ${reason}.`));
        },
      });
    });
    // The state shows the same, so a caller who does not look at the promise has missed nothing.
    connected.catch(() => {});
    return connected;
  }

  /** Closes the connection. Jobs and subscriptions stay; `connect` restores them. */
  disconnect(): void {
    this.#driver.lose('DISCONNECT_CALLED');
  }

  /** For a logout: disconnects and forgets jobs, subscriptions and remembered ids. Handlers stay. */
  reset(): void {
    this.disconnect();
    this.#memory.clear();
    this.#registry.clear();
    this.#leaveUser();
  }

  /**
   * Follows all jobs of a user, or one job, from now on and through every reconnection. Equal subscriptions share one
   * on the wire. Returns how to end it. A user after another one: what belonged to the first is dropped, and a new
   * connection with a new token is made.
   *
   * @throws JobEventsError `INVALID_PAYLOAD` for an id that no job or user can have.
   */
  subscribe(subscription: Subscription): () => void {
    if ('userId' in subscription) {
      if (!isUserId(subscription.userId)) throw invalid('userId');
      this.#enterUser(subscription.userId);
    } else if (!isJobId(subscription.jobId)) throw invalid('jobId');
    return this.#registry.add(subscription);
  }

  /** Registers handlers. Returns how to remove them. Ends that nobody has heard of yet are handed over soon after. */
  on(handlers: JobHandlers<J>, options: HandlerOptions = {}): () => void {
    const off = this.#handlers.add(handlers as AnyHandlers, options);
    queueMicrotask(() => this.#table.list().forEach((job) => this.#settle(job)));
    return off;
  }

  /** The newest known state; the same frozen object as long as nothing changes. */
  getJob(jobId: string): JobSnapshot<J> | undefined {
    return this.#table.get(jobId) as JobSnapshot<J> | undefined;
  }

  /** All jobs that are shown, newest `createdAt` first; the same array as long as nothing changes. */
  getJobs(): readonly JobSnapshot<J>[] {
    return this.#table.list() as readonly JobSnapshot<J>[];
  }

  /** Takes over states from elsewhere, as a server that rendered the page sent along. Newer ones stay. */
  addJobs(jobs: readonly AnyJobSnapshot[]): void {
    this.#receive(jobs, 'given');
  }

  /**
   * Says that this tab is the one that wants to know how the job ends; remembered through a reload. Follows the job to
   * its end, and hands over an end that has come already.
   */
  trackJob(jobId: string): void {
    this.#memory.track(jobId);
    this.#follow(jobId);
    const job = this.#table.get(jobId);
    if (job) this.#settle(job);
  }

  untrackJob(jobId: string): void {
    this.#memory.untrack(jobId);
    this.#unfollow(jobId);
  }

  isTracked(jobId: string): boolean {
    return this.#memory.tracked.has(jobId);
  }

  /** Takes a job out of the list. It comes back with a later attempt. */
  dismissJob(jobId: string): void {
    this.#table.dismiss(jobId);
  }

  /**
   * Asks for the job to be cancelled, over HTTP where there is no connection. Resolves when the server has taken the
   * request; whether the job ends as `cancelled` is for the worker to say.
   *
   * @throws JobEventsError with the server's code, or `NO_ANSWER`.
   */
  async cancel(jobId: string): Promise<void> {
    const answer = await (this.isConnected ? this.#driver.request('cancel', { jobId }) : this.#status.cancel(jobId));
    if (!answer.ok) throw new JobEventsError(answer.error.code, answer.error.message);
  }

  /**
   * Resolves to the job's result.
   *
   * @throws JobFailedError, JobCancelledError, or a JobEventsError: the subscription was refused, the job is not known
   * (`NOT_FOUND`, `JOB_UNKNOWN`), or its user has gone (`ABANDONED`).
   */
  async waitFor<T extends TypeOf<DefinitionIn<J>> = TypeOf<DefinitionIn<J>>>(
    jobId: string,
    options: FollowOptions & { readonly type?: T | undefined } = {},
  ): Promise<ResultOf<DefinitionOfType<DefinitionIn<J>, T>>> {
    let last: AnyJobSnapshot | undefined;
    for await (const job of this.statesOf(jobId, options)) last = job as AnyJobSnapshot;
    if (last?.error) throw new JobFailedError(jobId, last.error);
    if (last?.status !== 'completed') throw new JobCancelledError(jobId);
    return last.result as never;
  }

  /**
   * The job's states as they become known, to its end; follows the job meanwhile. Slow consumers skip states, never
   * the last. Throws as {@link waitFor} does, but for `failed` and `cancelled`, which are states.
   */
  statesOf(jobId: string, { signal }: FollowOptions = {}): AsyncGenerator<JobSnapshot<J>, void, undefined> {
    const signals = [this.#stay.signal, ...(signal ? [signal] : [])];
    return statesOf(this, jobId, signals) as AsyncGenerator<any, void, undefined>;
  }

  #report(error: unknown): void {
    const report = this.#options.onError ?? this.#environment.report;
    report(error);
  }

  #jobsChanged(): void {
    this.#synchronizer.adjust();
    this.#handlers.emit('onChange');
  }

  #stateChanged(state: ConnectionState, previous: ConnectionState, reason: ConnectionReason, message?: string): void {
    this.#refusal = message;
    this.#stopWatching();
    if (state !== 'DISCONNECTED') this.#stopWatching = this.#environment.watchWakeSignals(this.#environment.timing, () => this.#wake());
    this.#synchronizer.restart();
    this.#registry.restore();
    this.#handlers.emit('onStateChange', state, previous, reason);
    if (state === 'CONNECTED') this.#handlers.emit('onConnect');
    else if (previous === 'CONNECTED') this.#handlers.emit('onDisconnect', reason);
  }

  /** The device may have slept, and a connection that looks open may be dead. */
  #wake(): void {
    if (this.isConnected) this.#synchronizer.now();
    else this.#driver.hurry();
  }

  #heard(name: string, payload: unknown): void {
    if (name === 'auth:expiring') void this.#renewToken();
    else if (name.startsWith('job:')) this.#receive([payload], 'live');
  }

  async #renewToken(): Promise<void> {
    try {
      const token = await this.#options.auth?.();
      if (!token) return;
      const answer = await this.#driver.request('authenticate', { token });
      if (!answer.ok && answer.error.code === 'FORBIDDEN') this.#driver.lose('USER_CHANGED');
    } catch (error) {
      // The server ends the connection when the token is over, and the next attempt asks for a token again.
      this.#report(error);
    }
  }

  /** Takes states over; says whether any was new. What nobody asks for any more is still on its way, and ignored. */
  #receive(snapshots: readonly unknown[], how: 'asked' | 'live' | 'given' = 'asked'): boolean {
    const news = snapshots.filter((snapshot) => {
      if (!isJobSnapshot(snapshot)) {
        this.#report(new JobEventsError('INVALID_PAYLOAD', 'The server sent something that is no job.'));
        return false;
      }
      if (how !== 'given' && !this.#registry.covers(snapshot.jobId)) return false;
      const job = this.#table.apply(snapshot, how === 'live');
      if (job) this.#tell(job);
      return job;
    });
    return news.length > 0;
  }

  #tell(job: AnyJobSnapshot): void {
    if (job.status === 'queued' || job.status === 'active') this.#handlers.emit('onJobProgress', job as never);
    else this.#settle(job);
    if (isFinal(job.status)) this.#unfollow(job.jobId);
  }

  #settle(job: AnyJobSnapshot): void {
    settleOnce(job, this.#table.endedBefore(job), this.#memory, this.#handlers.tellEnd);
  }

  #unknown(jobId: string): void {
    this.#table.forget(jobId);
    this.#registry.refuse(jobId);
    this.#refused('JOB_UNKNOWN', `The server does not know job ${jobId} any more.`, { jobId });
  }

  #refused(code: ClientErrorCode, message: string, subscription: Subscription): void {
    if ('jobId' in subscription) this.untrackJob(subscription.jobId);
    this.#handlers.emit('onSubscriptionError', new JobEventsError(code, message), subscription);
  }

  #follow(jobId: string): void {
    const job = this.#table.get(jobId);
    if (this.#tracking.has(jobId) || (job && isFinal(job.status))) return;
    this.#tracking.set(jobId, this.subscribe({ jobId }));
  }

  #unfollow(jobId: string): void {
    this.#tracking.get(jobId)?.();
    this.#tracking.delete(jobId);
  }

  /** Goes on with what this tab tracked before a reload and has not seen the end of. */
  #resume(): void {
    for (const jobId of this.#memory.tracked) if (this.#memory.endOf(`tracked:${jobId}`) % 3 < 2) this.#follow(jobId);
  }

  #enterUser(userId: string): void {
    const { user } = this.#memory;
    if (userId === user || this.#registry.hasUser) return;
    if (user) {
      this.#leaveUser();
      this.#driver.lose('USER_CHANGED');
    }
    this.#memory.switchTo(userId);
  }

  #leaveUser(): void {
    for (const jobId of [...this.#tracking.keys()]) this.#unfollow(jobId);
    this.#table.clear();
    this.#stay.abort(new JobEventsError('ABANDONED', 'The user whose job was waited for has gone.'));
    this.#stay = new AbortController();
  }
}

const invalid = (field: string) => new JobEventsError('INVALID_PAYLOAD', `subscribe: the ${field} is not a valid one.`);
