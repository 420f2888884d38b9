import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { rankOf, type AnyJobSnapshot, type JobStatus } from '@notes/job-events-protocol';
import type { JobRecord, NewJob } from '../store/job-record.js';
import type { JobStore, RunClaim, StateWrite, WriteResult } from '../store/job-store.js';

/** Opens the store on the same data each time, as another process would. A store of one process may return itself. */
export type OpenJobStore = () => JobStore | Promise<JobStore>;

/** What a test can do to the data behind a store. */
export interface JobStoreTools {
  /**
   * Deletes all that is kept of these jobs, record and fence, as expiry, eviction and pruning do. What points to them
   * stays where the database does not delete both in one step: an index, a cache.
   */
  readonly forget?: (jobIds: readonly string[]) => Promise<void>;
}

/** One thing that every `JobStore` does. */
export interface JobStoreCase {
  readonly title: string;
  /** The tool that the case needs. Without it `run` checks nothing. */
  readonly needs?: keyof JobStoreTools;
  /** Rejects with an `AssertionError` that says what was different. */
  run(open: OpenJobStore, tools?: JobStoreTools): Promise<void>;
}

/** A job of its own for each case, so that nothing has to be cleaned between them. */
export interface Subject {
  readonly store: JobStore;
  readonly open: OpenJobStore;
  readonly jobId: string;
  readonly userId: string;
}

export const CREATED_AT = '2026-01-01T08:00:00.000Z';
export const SAID_AT = '2026-01-01T08:05:00.000Z';

export function jobStoreCase(title: string, check: (subject: Subject) => Promise<void>): JobStoreCase {
  return {
    title,
    run: async (open) => check({ store: await open(), open, jobId: `conformance:${randomUUID()}`, userId: `user-${randomUUID()}` }),
  };
}

/** A case of jobs that the store forgets. */
export function forgettingCase(title: string, check: (subject: Subject & Required<JobStoreTools>) => Promise<void>): JobStoreCase {
  return {
    title,
    needs: 'forget',
    run: async (open, { forget } = {}) => {
      if (forget !== undefined) await jobStoreCase(title, (subject) => check({ ...subject, forget })).run(open);
    },
  };
}

/** Two stores on the same data, as in two processes, and the work dealt out to them. */
export async function inTwo<T>(subject: Subject, count: number, work: (store: JobStore, index: number) => Promise<T>): Promise<T[]> {
  const other = await subject.open();
  try {
    return await Promise.all(Array.from({ length: count }, (_, index) => work(index % 2 === 0 ? subject.store : other, index)));
  } finally {
    if (other !== subject.store) await other.close();
  }
}

export const newJob = ({ jobId, userId }: { jobId: string; userId: string }, fields: Partial<NewJob> = {}): NewJob => ({
  jobId,
  userId,
  createdAt: CREATED_AT,
  ...fields,
});

export const claim = (subject: { jobId: string; userId: string }, fields: Partial<RunClaim> = {}): RunClaim => ({
  ...newJob(subject),
  attempt: 1,
  rerun: false,
  stage: 'INITIALIZING',
  ...fields,
});

/** A state of the job, its percentage and error as its status wants them. */
export function stateOf(jobId: string, status: JobStatus, [attempt, epoch, seq]: readonly [number, number, number], fields: Partial<AnyJobSnapshot> = {}): AnyJobSnapshot {
  return {
    jobId,
    status,
    stage: 'SAVING',
    progress: status === 'completed' ? 100 : 50,
    version: [attempt, rankOf(status), epoch, seq],
    createdAt: CREATED_AT,
    timestamp: SAID_AT,
    ...((status === 'failed' || status === 'retrying') && { error: { code: 'BROKEN', message: 'It broke.', retryable: true } }),
    ...(status === 'completed' && { result: { noteId: 'n-1' } }),
    ...fields,
  };
}

/** Begins a run that is expected to begin. */
export async function begin({ store, ...subject }: Pick<Subject, 'store' | 'jobId' | 'userId'>, fields: Partial<RunClaim> = {}): Promise<{ epoch: number; attempt: number; record: JobRecord }> {
  const start = await store.begin(claim(subject, fields));
  assert.equal(start.outcome, 'begun');
  assert(start.outcome === 'begun');
  const [attempt, , epoch] = start.record.snapshot.version;
  return { epoch, attempt, record: start.record };
}

/** Writes one state. */
export async function write({ store, userId }: Pick<Subject, 'store' | 'userId'>, snapshot: AnyJobSnapshot, by: StateWrite['by'] = 'run'): Promise<WriteResult> {
  const results = await store.write([{ userId, snapshot, by }]);
  assert.equal(results.length, 1, 'one result for each write');
  const [result] = results;
  assert(result !== undefined && result.outcome !== 'failed', 'the write could be decided');
  return result;
}

/** What the store shows of the job. */
export async function shown({ store, jobId }: Pick<Subject, 'store' | 'jobId'>): Promise<JobRecord> {
  const [record] = await store.get([jobId]);
  assert(record, 'the job is known');
  return record;
}

/** Checks the outcome, and that what is said to stand does stand. */
export async function assertOutcome(subject: Subject, result: WriteResult, outcome: WriteResult['outcome']): Promise<void> {
  assert.equal(result.outcome, outcome);
  if ('record' in result) assert.deepEqual(result.record.snapshot, (await shown(subject)).snapshot);
}

/** Waits until the store's clock has moved on. */
export async function laterThan({ store }: Pick<Subject, 'store'>, time: number): Promise<void> {
  while ((await store.now()) <= time + 10) await new Promise((resolve) => setTimeout(resolve, 10));
}
