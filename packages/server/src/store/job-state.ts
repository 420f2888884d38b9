import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { JobRecord } from './job-store.js';

/** What decides about a job, and outlives what people see of it by at least 24 h. */
export interface JobFence {
  /** The first owner; absent where nothing but an epoch has been handed out yet. */
  readonly userId?: string;
  /** The last epoch handed out. */
  readonly epoch: number;
  /** The epoch of the run that began last. What an earlier run says is not believed. */
  readonly run?: number;
  /** What that run was claimed with, and when its worker first asked, on the store's clock. */
  readonly claim?: { readonly id: string; readonly askedAt: number };
  /** The last state, without what is large. It stands in for the record once that has expired. */
  readonly mark?: AnyJobSnapshot;
}

/** All that a store knows of one job. Both are absent for a job it does not know. */
export interface JobState {
  readonly record?: JobRecord;
  readonly fence?: JobFence;
}

/** What a call is answered, and the state afterwards; without `next` nothing is written. */
export interface Decision<Result> {
  readonly result: Result;
  readonly next?: JobState;
}

/** The state that a newer one has to beat: the record, or what the fence remembers of it. */
export function standingRecord({ record, fence }: JobState): JobRecord | undefined {
  if (record !== undefined) return record;
  return fence?.mark !== undefined && fence.userId !== undefined
    ? { userId: fence.userId, snapshot: fence.mark, changedAt: 0 }
    : undefined;
}

/** Whether the job belongs to somebody else. A job that nobody owns yet belongs to whoever asks. */
export function isForeign({ record, fence }: JobState, userId: string): boolean {
  const owner = record?.userId ?? fence?.userId;
  return owner !== undefined && owner !== userId;
}

/** `max(last + 1, the store's clock)`: grows even when the store has forgotten everything. */
export function nextEpoch(state: JobState, now: number): number {
  const last = Math.max(state.fence?.epoch ?? 0, standingRecord(state)?.snapshot.version[2] ?? 0);
  return Math.max(last + 1, Math.floor(now));
}

/** What the fence keeps of a state: enough to decide and to say how the job stands. */
export function markOf({ message: _message, metadata: _metadata, result: _result, ...mark }: AnyJobSnapshot): AnyJobSnapshot {
  return mark;
}

/** The state in which this record stands. */
export function stateWith(record: JobRecord, fence: Pick<JobFence, 'epoch' | 'run' | 'claim'>): JobState {
  return {
    record,
    fence: {
      userId: record.userId,
      epoch: Math.max(fence.epoch, record.snapshot.version[2]),
      ...(fence.run !== undefined && { run: fence.run }),
      ...(fence.claim !== undefined && { claim: fence.claim }),
      mark: markOf(record.snapshot),
    },
  };
}
