import type { JobSnapshot, RegisteredJobs } from '@notes/job-events-protocol';

/** A store as React's `useSyncExternalStore` and Svelte's store contract want it. */
export interface JobStore<J = RegisteredJobs> {
  /** Calls `listener` with the jobs, at once and after each change: once for what arrives together. Returns how to stop. */
  readonly subscribe: (listener: (jobs: readonly JobSnapshot<J>[]) => void) => () => void;
  /** The jobs, newest `createdAt` first; the same array as long as nothing changes. */
  readonly getSnapshot: () => readonly JobSnapshot<J>[];
}
