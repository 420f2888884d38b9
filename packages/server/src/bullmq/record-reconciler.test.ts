import { beforeEach, describe, expect, it } from 'vitest';

import { JobEventEmitterService } from '../emitter/index.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { ManualTiming } from '../testing/manual-timing.js';
import type { BridgedJob, Reporter } from './bridged-queue.js';
import { RecordReconciler } from './record-reconciler.js';

const createdAt = 1;
const about = { jobId: 'pdf:1:1', userId: 'ada', queueJob: { queue: 'bull:pdf', id: '1', createdAt } };
const fresh: BridgedJob = { id: '1', name: 'notes', queueName: 'pdf', timestamp: createdAt, data: {}, opts: {}, attemptsMade: 0, progress: 0, returnvalue: null };

let timing: ManualTiming;
let store: MemoryJobStore;
let emitter: JobEventEmitterService;
let reconciler: RecordReconciler;
let broadcasts: string[];
let errors: unknown[];
let found: { state: string; job: BridgedJob } | undefined;
const queue = { getJob: async () => found?.job, getJobState: async () => found?.state ?? 'unknown' };

beforeEach(() => {
  timing = new ManualTiming();
  store = new MemoryJobStore({ timing });
  broadcasts = [];
  errors = [];
  const broadcaster = { to: () => ({ emit: (_event: string, { status }: { status: string }) => void broadcasts.push(status) }) };
  emitter = new JobEventEmitterService({ store, broadcaster: broadcaster as never, timing, throttle: { intervalMs: 0 }, onError: (error) => void errors.push(error) });
  reconciler = new RecordReconciler({
    store,
    reporter: emitter as unknown as Reporter,
    queueName: 'bull:pdf',
    timing,
    onError: (error) => {
      throw error;
    },
  });
  found = undefined;
});

/** A run that was claimed and whose process died. */
const abandonedRun = async (): Promise<void> => {
  const claim = { jobId: about.jobId, userId: 'ada', queueJob: about.queueJob, attempt: 1, rerun: false, stage: 'A', createdAt: new Date(timing.now()).toISOString() };
  await store.begin(claim);
};

/** Passes every 2 s, as the library makes them. */
const passFor = async (ms: number): Promise<void> => {
  for (let passed = 0; passed <= ms; passed += 2_000) {
    await reconciler.reconcile(queue);
    timing.advance(2_000);
  }
};

const stored = async () => (await store.get([about.jobId]))[0]?.snapshot;

describe('RecordReconciler', () => {
  it.each([
    ['completed', { state: 'completed', job: { ...fresh, attemptsMade: 1, finishedOn: 5, returnvalue: { noteId: 'n1' } } }, { status: 'completed', result: { noteId: 'n1' } }],
    ['failed', { state: 'failed', job: { ...fresh, attemptsMade: 1, finishedOn: 5, failedReason: 'job stalled more than allowable limit' } }, { status: 'failed', error: { code: 'STALLED' } }],
    ['failed because it was cancelled', { state: 'failed', job: { ...fresh, attemptsMade: 1, finishedOn: 5, failedReason: 'Job pdf:1:1 was cancelled.' } }, { status: 'cancelled' }],
    ['put back after its worker was lost', { state: 'waiting', job: { ...fresh, stalledCounter: 1 } }, { status: 'retrying', error: { code: 'STALLED' } }],
    ['forgotten', undefined, { status: 'failed', error: { code: 'VANISHED' } }],
  ] as const)('ends an abandoned run within 15 s as the queue has it: %s', async (_what, fact, expected) => {
    await abandonedRun();
    found = fact as typeof found;
    await passFor(14_000);
    expect(await stored()).toMatchObject(expected);
    expect(broadcasts).toHaveLength(1);
  });

  it('shows a neutral sentence for the text that the queue keeps of a failure, which goes to onError', async () => {
    await abandonedRun();
    found = { state: 'failed', job: { ...fresh, attemptsMade: 1, finishedOn: 5, failedReason: 'connect ECONNREFUSED 10.0.0.7:5432' } };
    await passFor(14_000);
    expect((await stored())?.error).toEqual({ code: 'JOB_FAILED', message: 'The job failed. Try again later.', retryable: true });
    expect(errors).toEqual([expect.objectContaining({ code: 'JOB_FAILED', cause: expect.objectContaining({ message: 'connect ECONNREFUSED 10.0.0.7:5432' }) })]);
  });

  it.each([
    ['that no run holds', () => emitter.emitProgress({ ...about, stage: 'SPLITTING', progress: 40 }).then(() => emitter.flush()), { status: 'queued', stage: 'SPLITTING', progress: 40, version: [1, 0, expect.anything(), expect.anything(), expect.anything()] }],
    ['whose worker was lost', abandonedRun, { status: 'queued', version: [2, 0, expect.anything(), expect.anything(), expect.anything()] }],
  ])("shows a flow's parent %s as queued while its children work, within 30 s", async (_what, begin, expected) => {
    await begin();
    found = { state: 'waiting-children', job: { ...fresh, processedOn: 2 } };
    await passFor(30_000);
    expect(await stored()).toMatchObject(expected);
    found = { state: 'completed', job: { ...fresh, attemptsMade: 1, finishedOn: 5, returnvalue: 'done' } };
    await passFor(14_000);
    expect(await stored()).toMatchObject({ status: 'completed', result: 'done' });
  });

  it.each([
    ['no run holds', () => emitter.emitProgress({ ...about, stage: 'EXTRACTING', progress: 40 }).then(() => emitter.flush())],
    ['a run holds', abandonedRun],
  ])("leaves a flow alone that %s, of which a child reports before its parent has begun", async (_what, begin) => {
    await begin();
    found = { state: 'waiting-children', job: fresh };
    await passFor(30_000);
    expect(await stored()).toMatchObject({ status: 'active' });
  });

  it('waits for 4 s again where the record names a later job of the queue since its difference was seen', async () => {
    await emitter.emitQueued(about);
    found = undefined;
    timing.advance(8_000);
    await reconciler.reconcile(queue);
    timing.advance(3_000);
    const later = { ...about, queueJob: { ...about.queueJob, createdAt: createdAt + 1 } };
    await store.insert({ ...later, createdAt: new Date(timing.now()).toISOString() });
    timing.advance(6_000);
    await reconciler.reconcile(queue);
    expect(await stored()).toMatchObject({ status: 'queued' });
    timing.advance(4_000);
    await reconciler.reconcile(queue);
    expect(await stored()).toMatchObject({ status: 'cancelled' });
  });

  it('ends a waiting job that was removed as cancelled', async () => {
    await emitter.emitQueued(about);
    found = { state: 'waiting', job: fresh };
    await passFor(14_000);
    expect(await stored()).toMatchObject({ status: 'queued' });
    found = undefined;
    await passFor(14_000);
    expect(await stored()).toMatchObject({ status: 'cancelled' });
  });

  it('does not take a later job with the same id for the one that a record names', async () => {
    await emitter.emitQueued(about);
    found = { state: 'completed', job: { ...fresh, timestamp: createdAt + 1, finishedOn: 5, returnvalue: 'of another' } };
    await passFor(14_000);
    expect(await stored()).toMatchObject({ status: 'cancelled' });
  });

  it('does not end a later job that has begun under the same id since the record of the one that was removed was read', async () => {
    await emitter.emitQueued(about);
    const later = { jobId: about.jobId, userId: 'ada', queueJob: { ...about.queueJob, createdAt: createdAt + 1 }, attempt: 1, rerun: false, stage: 'A', createdAt: new Date(timing.now()).toISOString() };
    const { get } = store;
    store.get = async (jobIds) => {
      const records = await get.call(store, jobIds);
      await store.begin(later);
      return records;
    };
    await reconciler.reportRemoved({ jobId: about.jobId, queueJob: about.queueJob, isChild: false });
    store.get = get;
    expect(await stored()).toMatchObject({ status: 'active' });
    expect(errors).toEqual([]);
  });

  it('leaves a run alone that sends heartbeats, though its queue has completed the job already', async () => {
    await abandonedRun();
    found = { state: 'completed', job: { ...fresh, attemptsMade: 1, finishedOn: 5 } };
    const [, , epoch] = (await stored())!.version;
    for (let passed = 0; passed <= 30_000; passed += 2_000) {
      await store.heartbeat([{ jobId: about.jobId, epoch }]);
      await passFor(2_000);
    }
    expect(await stored()).toMatchObject({ status: 'active' });
    expect(broadcasts).toEqual([]);
  });

  it('leaves a run alone that is back after its difference was seen', async () => {
    await abandonedRun();
    found = { state: 'completed', job: { ...fresh, attemptsMade: 1, finishedOn: 5 } };
    const [, , epoch] = (await stored())!.version;
    timing.advance(8_000);
    await reconciler.reconcile(queue);
    timing.advance(4_000);
    await store.heartbeat([{ jobId: about.jobId, epoch }]);
    await reconciler.reconcile(queue);
    expect(await stored()).toMatchObject({ status: 'active' });
  });

  it('leaves a job alone that the queue has as active', async () => {
    await abandonedRun();
    found = { state: 'active', job: fresh };
    await passFor(20_000);
    expect(await stored()).toMatchObject({ status: 'active' });
  });

  it.each([0, 3_500, 6_999])('ends within 15 s a job that its queue has completed, the %ith of 7,000 that wait', async (index) => {
    const jobIds = Array.from({ length: 7_000 }, (_, id) => `pdf:${id}:1`);
    const createdAtText = new Date(timing.now()).toISOString();
    for (const [id, jobId] of jobIds.entries()) await store.insert({ jobId, userId: 'ada', queueJob: { queue: 'bull:pdf', id: String(id), createdAt }, createdAt: createdAtText });
    const jobOf = (id: string): BridgedJob => ({ ...fresh, id, ...(id === String(index) && { attemptsMade: 1, finishedOn: 5, returnvalue: 'done' }) });
    const large = { getJob: async (id: string) => jobOf(id), getJobState: async (id: string) => (jobOf(id).finishedOn ? 'completed' : 'waiting') };
    for (let passed = 0; passed <= 14_000; passed += 2_000) {
      await reconciler.reconcile(large);
      timing.advance(2_000);
    }
    const statuses = (await store.get(jobIds)).map((record) => record?.snapshot.status);
    expect(statuses.flatMap((status, at) => (status === 'queued' ? [] : [`${at} ${status}`]))).toEqual([`${index} completed`]);
  });

  it('does not report what was seen once it may not go on', async () => {
    await abandonedRun();
    found = { state: 'completed', job: { ...fresh, attemptsMade: 1, finishedOn: 5 } };
    await passFor(10_000 - 2_000);
    timing.advance(8_000);
    let reads = 0;
    const losing = { ...queue, getJob: async () => (reads++, found?.job) };
    await reconciler.reconcile(losing, () => reads === 0);
    expect(await stored()).toMatchObject({ status: 'active' });
  });

  describe('a waiting job that was removed', () => {
    const removed = { jobId: about.jobId, queueJob: about.queueJob, isChild: false };
    const other = { queue: 'bull:extract', id: '7', createdAt };
    it.each([
      ['is the job that the record names', about.queueJob, removed, 'cancelled'],
      ['is another one than the record names', other, removed, 'queued'],
      ['is a later one with the same id', about.queueJob, { ...removed, queueJob: { ...about.queueJob, createdAt: createdAt + 1 } }, 'queued'],
      ['is the job of a record that names none', undefined, removed, 'cancelled'],
      ['is the child of a flow whose record names none', undefined, { ...removed, isChild: true }, 'queued'],
    ] as const)('%s', async (_what, queueJob, job, status) => {
      await emitter.emitQueued({ jobId: about.jobId, userId: 'ada', ...(queueJob && { queueJob }) });
      await reconciler.reportRemoved(job);
      expect(await stored()).toMatchObject({ status });
    });
  });

  it('leaves a difference to the living process that reports it itself within 4 s', async () => {
    await emitter.emitQueued(about);
    timing.advance(8_000);
    found = { state: 'completed', job: { ...fresh, attemptsMade: 1, finishedOn: 5 } };
    await reconciler.reconcile(queue);
    await emitter.emitCompleted({ ...about, result: 'of the run' });
    await passFor(14_000);
    expect(await stored()).toMatchObject({ result: 'of the run' });
    expect(broadcasts.filter((status) => status === 'completed')).toHaveLength(1);
  });
});
