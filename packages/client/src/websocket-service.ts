import { JobEventsError, type AnyJobSnapshot, type DefinitionIn, type DefinitionOfType, type JobSnapshot } from '@notes/job-events-protocol';
import type { RegisteredJobs, ResultOf, Subscription, TypeOf } from '@notes/job-events-protocol';
import { JobCancelledError, JobFailedError } from './client-errors.js';
import { checkId } from './check-id.js';
import { browserEnvironment, type ClientEnvironment } from './client-environment.js';
import type { ClientOptions } from './client-options.js';
import type { ConnectionState, ConnectionStatus } from './connection/connection-state.js';
import { createClient, type ClientParts } from './create-client.js';
import type { Inspection, Receive } from './inspection.js';
import type { HandlerOptions, JobHandlers } from './job-handlers.js';
import type { JobStore } from './job-store.js';
import type { AnyHandlers } from './jobs/handler-set.js';
import { statesOf, type FollowOptions } from './jobs/states-of.js';
import { configureShared, resetShared, sharedInstance } from './shared-instance.js';

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

  readonly #parts: ClientParts;

  /**
   * @param environment Clock, storage and transport, for tests.
   * @throws JobEventsError `INVALID_OPTIONS`
   */
  constructor(options: ClientOptions = {}, environment: Partial<ClientEnvironment> = {}) {
    const { handlers } = (this.#parts = createClient(options, { ...browserEnvironment, ...environment }));
    this.store = {
      subscribe: (listener) => {
        const onJobsChange = () => listener(this.getJobs());
        onJobsChange();
        return handlers.add({ onJobsChange }, {});
      },
      getSnapshot: () => this.getJobs(),
    };
  }

  get state(): ConnectionState {
    return this.#parts.driver.state;
  }

  /** The state with its reason, and when the next attempt begins; the same object as long as nothing changes. */
  get connection(): ConnectionStatus {
    return this.#parts.driver.status;
  }

  get isConnected(): boolean {
    return this.state === 'CONNECTED';
  }

  /**
   * Opens the connection, and opens it again whenever it is lost. Resolves when CONNECTED, however long that takes;
   * nothing has to be awaited. During a pause between two attempts the next one begins at once.
   *
   * @throws JobEventsError when the server refuses for good, or `disconnect` is called before. `code` is the reason.
   */
  connect(): Promise<void> {
    const { driver, connect } = this.#parts;
    connect();
    const connected = new Promise<void>((resolve, reject) => {
      if (this.isConnected) return resolve();
      const off = this.on({
        onStateChange(state, _previous, reason) {
          if (state === 'CONNECTED') resolve();
          else if (state === 'DISCONNECTED') reject(driver.status.error ?? new JobEventsError(reason, 'disconnect() was called.'));
          else return;
          off();
        },
      });
    });
    // The state shows the same, so a caller who does not look at the promise has missed nothing.
    connected.catch(() => {});
    return connected;
  }

  /** Closes the connection. Jobs and subscriptions stay; `connect` restores them. */
  disconnect(): void {
    this.#parts.driver.dispatch('DISCONNECT_CALLED');
  }

  /** For a logout: disconnects and forgets jobs, subscriptions and remembered ids. Handlers stay. */
  reset(): void {
    this.#parts.reset();
  }

  /**
   * For a client that is not needed any more, such as that of a view that is left: disconnects, ends every subscription and
   * removes every handler. What the tab remembers stays for the next client of the same server. Do not use it afterward.
   */
  close(): void {
    this.#parts.close();
  }

  /**
   * Follows all jobs of a user, or one job, from now on and through every reconnection. Equal subscriptions share one
   * on the wire. Returns how to end it. A user after another one: what belonged to the first is dropped, and a new
   * connection with a new token is made.
   *
   * @throws JobEventsError `INVALID_PAYLOAD` for an id that no job or user can have.
   */
  subscribe(subscription: Subscription): () => void {
    checkId(subscription);
    return this.#parts.subscribe(subscription);
  }

  /** Registers handlers. Returns how to remove them. Ends that nobody has heard of yet are handed over soon after. */
  on(handlers: JobHandlers<J>, options: HandlerOptions = {}): () => void {
    queueMicrotask(this.#parts.flow.settleAll);
    return this.#parts.handlers.add(handlers as AnyHandlers, options);
  }

  /** The newest known state of a job that was not dismissed; the same frozen object as long as nothing changes. */
  getJob(jobId: string): JobSnapshot<J> | undefined {
    return this.#parts.table.get(jobId) as JobSnapshot<J> | undefined;
  }

  /** As {@link getJob}, and also a job that was dismissed. */
  findJob(jobId: string): JobSnapshot<J> | undefined {
    return this.#parts.table.find(jobId) as JobSnapshot<J> | undefined;
  }

  /** All jobs that are shown, newest `createdAt` first; the same array as long as nothing changes. */
  getJobs(): readonly JobSnapshot<J>[] {
    return this.#parts.table.list() as readonly JobSnapshot<J>[];
  }

  /** Whether all jobs of the followed user have arrived, so that a job which is missing is not the user's. */
  get isListLoaded(): boolean {
    return this.#parts.isListLoaded;
  }

  /** Hands an error to `onError` of the options, for libraries built on the client that cannot throw it. */
  reportError(error: unknown): void {
    this.#parts.report(error);
  }

  /** Takes over states from elsewhere, as a server that rendered the page sent along. Newer ones stay. */
  addJobs(jobs: readonly AnyJobSnapshot[]): void {
    this.#parts.flow.receive(jobs, 'application');
  }

  /**
   * Says that this tab is the one that wants to know how the job ends; remembered through a reload. Follows the job to
   * its end, and hands over an end that has come already.
   *
   * @throws JobEventsError `INVALID_PAYLOAD` for an id that no job can have.
   */
  trackJob(jobId: string): void {
    checkId({ jobId });
    this.#parts.track(jobId);
  }

  untrackJob(jobId: string): void {
    this.#parts.untrack(jobId);
  }

  isTracked(jobId: string): boolean {
    return this.#parts.memory.isTracked(jobId);
  }

  /** Takes a job out of the list. It comes back with a later attempt. */
  dismissJob(jobId: string): void {
    this.#parts.table.dismiss(jobId);
  }

  /**
   * For devtools, not for applications: everything that arrives goes through what `wrap` returns, which may look at it,
   * leave it out or hand it on twice. One at a time; the newest counts. Delivery is as promised only without it.
   */
  inspect(wrap: (receive: Receive) => Receive): Inspection {
    return this.#parts.flow.inspect(wrap);
  }

  /**
   * Asks for the job to be cancelled, over HTTP where there is no connection. Resolves when the server has taken the
   * request; whether the job ends as `cancelled` is for the worker to say.
   *
   * @throws JobEventsError with the server's code, `NO_ANSWER`, or `INVALID_PAYLOAD` for an id that no job can have.
   */
  async cancel(jobId: string): Promise<void> {
    checkId({ jobId });
    const { driver, status } = this.#parts;
    const answer = await (this.isConnected ? driver.request('cancel', { jobId }) : status.cancel(jobId));
    if (!answer.ok) throw new JobEventsError(answer.error.code, answer.error.message);
  }

  /**
   * Resolves to the job's result.
   *
   * @throws JobFailedError, JobCancelledError, or a JobEventsError: the subscription was refused, or the connection for
   * good, the job is not known (`NOT_FOUND`, `JOB_UNKNOWN`), or its user has gone (`ABANDONED`).
   */
  async waitFor<T extends TypeOf<DefinitionIn<J>> = TypeOf<DefinitionIn<J>>>(
    jobId: string,
    options: FollowOptions & { readonly type?: T | undefined } = {},
  ): Promise<ResultOf<DefinitionOfType<DefinitionIn<J>, T>>> {
    let last: AnyJobSnapshot | undefined;
    const states = this.statesOf(jobId, options);
    // The engine of React Native has no `Symbol.asyncIterator`, so that `for await` finds nothing to go over.
    let step;
    while (!(step = await states.next()).done) last = step.value as AnyJobSnapshot;
    if (last?.error) throw new JobFailedError(jobId, last.error);
    if (last?.status !== 'completed') throw new JobCancelledError(jobId);
    return last.result as never;
  }

  /**
   * The job's states as they become known, to its end; follows the job meanwhile. Slow consumers skip states, never
   * the last. Throws as {@link waitFor} does, but for `failed` and `cancelled`, which are states.
   */
  statesOf(jobId: string, { signal }: FollowOptions = {}): AsyncGenerator<JobSnapshot<J>, void, undefined> {
    const { flow, table, driver } = this.#parts;
    const { session } = flow;
    const throwIfAbandoned = () => {
      if (session !== flow.session) throw new JobEventsError('ABANDONED', 'The user whose job was waited for has gone.');
    };
    return statesOf(this, jobId, { find: table.find, throwIfAbandoned, refusal: () => driver.status.error, signal }) as AsyncGenerator<any, void, undefined>;
  }
}
