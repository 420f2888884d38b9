import { termOf, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { JobRecord, QueueJob } from './job-record.js';
import type { StateWrite } from './job-store.js';

/** What orders claims: by when their workers first asked, on the store's clock, and by the queue's number of their try. */
export interface ClaimMark {
  readonly id: string;
  readonly askedAt: number;
  /** Absent in what earlier versions stored. */
  readonly attempt?: number;
}

/** What decides about a job, and outlives what people see of it by at least 24 h. */
export interface JobFence {
  /** The first owner; absent where nothing but an epoch has been handed out yet. */
  readonly userId?: string;
  /** The last epoch handed out. */
  readonly epoch: number;
  /** The epoch of the run that began last. What an earlier run says is not believed. */
  readonly run?: number;
  /** What that run was claimed with. */
  readonly claim?: ClaimMark;
  /** The last state, without what is large: it stands in for a record that has expired, and is there only then. */
  readonly mark?: AnyJobSnapshot;
  /** What the record said of its queue, with the mark. */
  readonly queueJob?: QueueJob;
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
    ? { userId: fence.userId, snapshot: fence.mark, ...(fence.queueJob && { queueJob: fence.queueJob }), changedAt: 0 }
    : undefined;
}

/** When the job was last written to or its run last sent a heartbeat, in whole ms. */
export const touchedAt = ({ changedAt, run }: JobRecord): number => Math.floor(Math.max(changedAt, run?.aliveAt ?? 0));

/**
 * The queue's job that the next record names: the one that is named now, or the one before. A step never replaces the whole.
 * An earlier job of the same id replaces a later one only where a run of it begins or reports (`by`): a queue that has
 * the id already answers whoever adds it again with a creation time that no job has.
 */
export function queueJobAfter(standing: JobRecord | undefined, said: QueueJob | undefined, by: StateWrite['by']): { queueJob?: QueueJob } {
  const isKept = said === undefined || (said.isStep === true && namesWholeJob(standing)) || (by !== 'run' && isGivenAgain(said, standing?.queueJob));
  const queueJob = isKept ? standing?.queueJob : said;
  return queueJob === undefined ? {} : { queueJob };
}

/** Whether the record names a job of a queue whose end is the end of the job. */
export const namesWholeJob = (record: JobRecord | undefined): boolean => record?.queueJob !== undefined && record.queueJob.isStep !== true;

/** Whether a queue has been given a job again under the id of an earlier one: it is another job than the one before. */
export const isGivenAgain = (before: QueueJob | undefined, now: QueueJob | undefined): boolean =>
  before !== undefined && now !== undefined && before.queue === now.queue && before.id === now.id && before.createdAt < now.createdAt;

/** Whether the job belongs to somebody else. A job that nobody owns yet belongs to whoever asks. */
export function isForeign({ record, fence }: JobState, userId: string): boolean {
  const owner = record?.userId ?? fence?.userId;
  return owner !== undefined && owner !== userId;
}

/** `max(last + 1, the store's clock)`, above every term too: grows even when the store has forgotten everything. */
export function nextEpoch(state: JobState, now: number): number {
  const version = standingRecord(state)?.snapshot.version ?? [1, 0, 0, 1];
  const last = Math.max(state.fence?.epoch ?? 0, version[2], termOf(version));
  return Math.max(last + 1, Math.floor(now));
}

/**
 * The epoch of the run that began last, or 0. Where the fence was evicted and the record was not, the record stands in:
 * what somebody else said before it is not believed either.
 */
export function lastRunOf({ record, fence }: JobState): number {
  return fence?.run ?? record?.run?.epoch ?? (fence === undefined && record !== undefined ? termOf(record.snapshot.version) : 0);
}

/** The fence to go on with. Where it was evicted and the record was not, it is made anew: it still says which run began last. */
export function fenceOf(state: JobState): Partial<JobFence> {
  if (state.fence !== undefined) return state.fence;
  const run = lastRunOf(state);
  return run > 0 ? { run } : {};
}

/**
 * The fence as it outlives the record: with a mark that is enough to decide and to say how the job stands. Where the
 * fence was lost, the record says what it can.
 */
export function fenceAlone(state: JobState): JobFence {
  const { record, fence = { epoch: 0 } } = state;
  if (record === undefined) return fence;
  const { message: _message, metadata: _metadata, result: _result, ...mark } = record.snapshot;
  const run = lastRunOf(state);
  const { queueJob } = record;
  return { ...fence, userId: record.userId, epoch: Math.max(fence.epoch, mark.version[2]), ...(run > 0 && { run }), mark, ...(queueJob && { queueJob }) };
}

/** The state in which this record stands. The fence is the same object as long as it says the same: progress does not move it. */
export function stateWith(record: JobRecord, fence: Partial<JobFence>): JobState {
  const { userId } = record;
  const epoch = Math.max(fence.epoch ?? 0, record.snapshot.version[2]);
  if (fence.mark === undefined && fence.userId === userId && fence.epoch === epoch) return { record, fence: fence as JobFence };
  const { mark: _mark, queueJob: _queueJob, ...kept } = fence;
  return { record, fence: { ...kept, userId, epoch } };
}
