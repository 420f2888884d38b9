import type { UnstoredEnd } from './end-not-stored-error.js';
import type { UnfinishedRun } from './runs-in-progress.js';

export interface CloseOptions {
  /** How long everything takes at most, in ms. Default for `close`: 20,000, within the 30 s that Kubernetes gives a process. */
  readonly timeoutMs?: number | undefined;
}

/** What was given up. Both lists are empty after a shutdown in order. */
export interface CloseResult {
  /** Runs that had not ended. Their work goes on and is reported no more. */
  readonly unfinishedRuns: readonly UnfinishedRun[];
  /** Ends that the store did not take, as plain JSON: keep them, and give them to `restoreEnds` of a later emitter. */
  readonly unstoredEnds: readonly UnstoredEnd[];
}
