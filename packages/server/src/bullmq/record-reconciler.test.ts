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

  it('leaves a living run alone, and one that the queue has as active', async () => {
    await abandonedRun();
    found = { state: 'active', job: fresh };
    await passFor(20_000);
    expect(await stored()).toMatchObject({ status: 'active' });
    expect(broadcasts).toEqual([]);
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
