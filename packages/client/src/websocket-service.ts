import type {
  AnyJobSnapshot,
  DefinitionIn,
  DefinitionOfType,
  JobSnapshot,
  RegisteredJobs,
  ResultOf,
  Subscription,
  TypeOf,
} from '@notes/job-events-protocol';
import type { ClientOptions } from './client-options.js';
import type { ConnectionState } from './connection/connection-state.js';
import type { HandlerOptions, JobHandlers } from './job-handlers.js';

/** A store as React's `useSyncExternalStore` and Svelte's contract want it. */
export interface JobStore<J = RegisteredJobs> {
  /** Calls `listener` after each change, and once at the beginning with the jobs. Returns how to stop. */
  subscribe(listener: (jobs: readonly JobSnapshot<J>[]) => void): () => void;
  /** The jobs, newest `createdAt` first. The same array as long as nothing changes. */
  getSnapshot(): readonly JobSnapshot<J>[];
}

export declare class WebSocketService<J = RegisteredJobs> {
  constructor(options?: ClientOptions);
  static configure(options: ClientOptions): void;
  static getInstance<J = RegisteredJobs>(options?: ClientOptions): WebSocketService<J>;
  static reset(): void;
  readonly store: JobStore<J>;
  get state(): ConnectionState;
  get isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): void;
  reset(): void;
  subscribe(subscription: Subscription): () => void;
  on(handlers: JobHandlers<J>, options?: HandlerOptions): () => void;
  getJob(jobId: string): JobSnapshot<J> | undefined;
  getJobs(): readonly JobSnapshot<J>[];
  trackJob(jobId: string): void;
  untrackJob(jobId: string): void;
  isTracked(jobId: string): boolean;
  dismissJob(jobId: string): void;
  addJobs(snapshots: readonly AnyJobSnapshot[]): void;
  cancel(jobId: string): Promise<void>;
  waitFor<T extends TypeOf<DefinitionIn<J>> = TypeOf<DefinitionIn<J>>>(
    jobId: string,
    options?: { readonly type?: T | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<ResultOf<DefinitionOfType<DefinitionIn<J>, T>>>;
  statesOf(jobId: string, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterableIterator<JobSnapshot<J>>;
}
