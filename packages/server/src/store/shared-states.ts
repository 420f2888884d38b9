import type { JobState } from './job-state.js';
import type { JobRecord, UnfinishedJob } from './job-record.js';
import type { ChangeQuery, CreationQuery, UnfinishedQuery } from './job-store.js';

/** A state as a database keeps it. Each change gives it another revision. */
export interface KeptState {
  readonly state: JobState;
  readonly revision: string;
}

export interface StateChange extends KeptState {
  readonly jobId: string;
  /** The revision that this change was decided on; `undefined`: the job was not known. */
  readonly expected: string | undefined;
}

/** Why these jobs could not be read or replaced, while others were: their part of the database is away, or full. */
export type FailedJobs = ReadonlyMap<string, unknown>;

/**
 * What a database that several processes share has to do so that {@link SharedJobStore} makes a `JobStore` of it: read
 * states, and replace those that nobody has replaced since. It decides nothing else.
 */
export interface SharedStates {
  now(): Promise<number>;
  /** The states of these jobs, and the store's clock. A job that is not known is left out. One round trip. Rejects where the database is away. */
  read(jobIds: readonly string[]): Promise<{ readonly now: number; readonly kept: ReadonlyMap<string, KeptState>; readonly failed?: FailedJobs }>;
  /** Replaces, each by itself and atomically, what still has the expected revision. One round trip. Rejects where the database is away. */
  replace(changes: readonly StateChange[]): Promise<{ readonly now: number; readonly replaced: ReadonlySet<string>; readonly failed?: FailedJobs }>;
  get(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]>;
  listByCreation(query: CreationQuery): Promise<readonly JobRecord[]>;
  listChanged(query: ChangeQuery): Promise<readonly JobRecord[]>;
  listUnfinished(query: UnfinishedQuery): Promise<readonly UnfinishedJob[]>;
  takeLease(name: string, holder: string, forMs: number): Promise<boolean>;
  close(): Promise<void>;
}
