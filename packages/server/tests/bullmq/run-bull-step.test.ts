import { randomUUID } from 'node:crypto';
import { UnrecoverableError, type Job } from 'bullmq';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { followWorker, queueJobOf, reconcileQueue, runBullJob, runBullStep } from '../../src/bullmq/index.js';
import { JobError, type JobRun } from '../../src/emitter/index.js';
import { MemoryJobStore } from '../../src/store/memory-job-store.js';
import { ManualTiming } from '../../src/testing/manual-timing.js';
import { describeOnBullBackends, type BullBackend, type JobData } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

const patiently = { timeout: 15_000, interval: 20 };
type Work = (run: JobRun, job: Job<JobData>) => Promise<unknown>;

/** A flow of two queues, the first as the child of the second, as one job in the eyes of its user. */
async function beginFlow(backend: BullBackend, work: { readonly extract: Work; readonly notes: Work }) {
  const [extract, notes] = [`extract-${randomUUID()}`, `notes-${randomUUID()}`];
  const jobId = `job-${randomUUID()}`;
  const { emitter } = recorded;
  const follow = { userId: ({ data }: Job<JobData>) => data.userId, jobId: () => jobId };
  const open = {
    extract: (options = {}) => {
      const worker = backend.worker(extract, (job) => runBullStep(emitter, job, { userId: job.data.userId, jobId }, (run) => work.extract(run, job)), options);
      followWorker(worker, emitter, follow);
      return worker;
    },
    notes: (options = {}) => {
      const worker = backend.worker(notes, (job) => runBullJob(emitter, job, { userId: job.data.userId, jobId }, (run) => work.notes(run, job)), options);
      followWorker(worker, emitter, follow);
      return worker;
    },
  };
  await backend.flows().add({
    name: 'notes',
    queueName: notes,
    data: { userId: 'ada' },
    opts: { attempts: 2 },
    children: [{ name: 'extract', queueName: extract, data: { userId: 'ada' }, opts: { attempts: 2, failParentOnFailure: true } }],
  });
  return { jobId, open, queues: { extract: backend.queue(extract), notes: backend.queue(notes) } };
}

const untilAborted = (run: JobRun): Promise<never> => new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)));

const extract: Work = async (run) => {
  run.stage('EXTRACTING_TEXT', 0.4);
  run.report(0.7);
};
const notes: Work = async (run) => {
  run.stage('GENERATING_NOTES', 0.7);
  return { noteId: 'n1' };
};
const progressOf = (jobId: string): number[] => recorded.broadcasts.filter((snapshot) => snapshot.jobId === jobId).map(({ progress }) => progress);

describeOnBullBackends('runBullStep', (backend) => {
  it('makes one job of a flow: one attempt, a percentage that never falls, one end', async () => {
    const flow = await beginFlow(backend, { extract, notes });
    flow.open.extract();
    await vi.waitFor(async () => expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'queued', stage: 'EXTRACTING_TEXT', progress: 70 }), patiently);
    flow.open.notes();
    await vi.waitFor(async () => expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'completed', result: { noteId: 'n1' } }), patiently);
    expect(recorded.course(flow.jobId)).toEqual(['active 1', 'queued 1', 'active 1', 'completed 1']);
    expect(progressOf(flow.jobId)).toEqual(progressOf(flow.jobId).toSorted((a, b) => a - b));
  });

  it('shows a step that is tried again as retrying, and what comes after it as the attempt that it took', async () => {
    const flow = await beginFlow(backend, {
      extract: async (run, job) => {
        await extract(run, job);
        if (job.attemptsMade === 0) throw new Error('again');
      },
      notes: async (run, job) => {
        if (job.attemptsMade === 0) throw new Error('again');
        return notes(run, job);
      },
    });
    flow.open.extract();
    flow.open.notes();
    await vi.waitFor(async () => expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'completed' }), patiently);
    expect(recorded.course(flow.jobId)).toEqual(['active 1', 'retrying 1', 'active 2', 'queued 2', 'active 2', 'retrying 2', 'active 3', 'completed 3']);
  });

  it('fails the job once where a step fails for good', async () => {
    const flow = await beginFlow(backend, {
      extract: async () => {
        throw Object.assign(new UnrecoverableError('NO_PDF'), { cause: new JobError('NO_PDF', 'This is no PDF.') });
      },
      notes,
    });
    flow.open.extract();
    flow.open.notes();
    await vi.waitFor(async () => expect(await flow.queues.notes.getJobCounts('failed')).toEqual({ failed: 1 }), patiently);
    await vi.waitFor(async () => expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'failed', error: { code: 'NO_PDF' } }), patiently);
    expect(recorded.course(flow.jobId)).toEqual(['active 1', 'failed 1']);
  });

  it.each(['in a step', 'between two steps'] as const)('a job that is cancelled %s ends as cancelled, once, and no step goes on', async (when) => {
    const work = vi.fn(notes);
    const flow = await beginFlow(backend, { extract: when === 'in a step' ? (run) => untilAborted(run) : extract, notes: work });
    flow.open.extract();
    const before = when === 'in a step' ? { status: 'active' } : { status: 'queued', progress: 70 };
    await vi.waitFor(async () => expect(await recorded.standing(flow.jobId)).toMatchObject(before), patiently);
    // No run of a worker that has died answers within -1 ms, nor one that lives: it is told by its next sign of life.
    await recorded.store.cancel(flow.jobId, { silentAfterMs: when === 'in a step' ? -1 : 30_000, timestamp: new Date().toISOString() });
    flow.open.notes();
    await vi.waitFor(async () => expect(await flow.queues.notes.getJobCounts('failed')).toEqual({ failed: 1 }), patiently);
    expect(work).not.toHaveBeenCalled();
    expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'cancelled' });
  });

  it('is taken over when its worker is lost in it', async () => {
    const flow = await beginFlow(backend, { extract, notes });
    const lost = backend.worker(flow.queues.extract.name, undefined, { lockDuration: 200 });
    const taken = (await lost.getNextJob('lost:0')) as Job<JobData>;
    void runBullStep(recorded.emitter, taken, { userId: 'ada', jobId: flow.jobId }, untilAborted).catch(() => undefined);
    await vi.waitFor(async () => expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'active' }), patiently);
    flow.open.extract({ stalledInterval: 100 });
    flow.open.notes();
    await vi.waitFor(async () => expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'completed' }), patiently);
    expect(recorded.course(flow.jobId)).toEqual(['active 1', 'retrying 1', 'active 2', 'queued 2', 'active 2', 'completed 2']);
  });

  it.each(['named', 'not named'] as const)('is not ended by the queue of a step that is done while the last step waits, its queue job %s when it was accepted', async (named) => {
    const timing = new ManualTiming();
    await using waiting = recordedEmitter(new MemoryJobStore({ timing }));
    recorded = waiting;
    const flow = await beginFlow(backend, { extract, notes });
    const [parent] = await flow.queues.notes.getJobs(['waiting-children']);
    await waiting.emitter.emitQueued({ jobId: flow.jobId, userId: 'ada', ...(named === 'named' && { queueJob: queueJobOf(parent!) }) });
    flow.open.extract({});
    await vi.waitFor(async () => expect(await waiting.standing(flow.jobId)).toMatchObject({ status: 'queued', progress: 70 }), patiently);
    await vi.waitFor(async () => expect(await flow.queues.extract.getJobCounts('completed')).toEqual({ completed: 1 }), patiently);
    const reconciliations = [flow.queues.extract, flow.queues.notes].map((queue) => reconcileQueue(queue, waiting.emitter, { timing }));
    for (let passed = 0; passed < 30_000; passed += 2_000) {
      timing.advance(2_000);
      for (const each of reconciliations) await each.reconcile();
    }
    expect(await waiting.standing(flow.jobId)).toMatchObject({ status: 'queued', progress: 70 });
    await parent!.remove();
    for (let passed = 0; passed < 14_000; passed += 2_000) {
      timing.advance(2_000);
      for (const each of reconciliations) await each.reconcile();
    }
    for (const each of reconciliations) await each.close();
    // Who has named the job that completes it is told that it was removed.
    expect(await waiting.standing(flow.jobId)).toMatchObject({ status: named === 'named' ? 'cancelled' : 'queued' });
  });

  it('is not ended by supervision while its queue has it: another worker takes it', async () => {
    const flow = await beginFlow(backend, { extract: untilAborted, notes });
    const lost = backend.worker(flow.queues.extract.name, undefined);
    const taken = (await lost.getNextJob('lost:0')) as Job<JobData>;
    const run = runBullStep(recorded.emitter, taken, { userId: 'ada', jobId: flow.jobId }, untilAborted).catch(() => undefined);
    await vi.waitFor(async () => expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'active' }), patiently);
    const [record] = await recorded.store.get([flow.jobId]);
    const seen = { run: record!.run!, as: 'lost', timestamp: new Date().toISOString() } as const;
    expect((await recorded.store.superviseRun(flow.jobId, seen)).outcome).toBe('stalled');
    await recorded.store.cancel(flow.jobId, { silentAfterMs: -1, timestamp: new Date().toISOString() });
    await run;
  });

  it.each([
    ['announced after the first step began', true, 'cancelled'],
    ['not announced', false, 'active'],
  ] as const)('a flow that is %s is ended by the removal of its parent accordingly', async (_what, isAnnounced, status) => {
    const timing = new ManualTiming();
    await using silent = recordedEmitter(new MemoryJobStore({ timing }));
    recorded = silent;
    const flow = await beginFlow(backend, { extract, notes });
    const [parent] = await flow.queues.notes.getJobs(['waiting-children']);
    const taken = (await backend.worker(flow.queues.extract.name, undefined).getNextJob('lost:0')) as Job<JobData>;
    // Its worker is lost, or the store: nothing more is heard of this run, and it was asked to stop.
    await silent.store.begin({ jobId: flow.jobId, userId: 'ada', queueJob: { ...queueJobOf(taken), isStep: true }, attempt: 1, rerun: false, stage: 'A', createdAt: new Date().toISOString() });
    if (isAnnounced) {
      await silent.emitter.emitQueued({ jobId: flow.jobId, userId: 'ada', queueJob: queueJobOf(parent!) });
      await silent.store.cancel(flow.jobId, { silentAfterMs: 60_000, timestamp: new Date().toISOString() });
    }
    await taken.moveToCompleted({}, 'lost:0', false);
    await parent!.remove();
    const reconciliation = reconcileQueue(flow.queues.notes, silent.emitter, { timing });
    for (let passed = 0; passed < 16_000; passed += 2_000) {
      timing.advance(2_000);
      await reconciliation.reconcile();
    }
    await reconciliation.close();
    expect(await silent.standing(flow.jobId)).toMatchObject({ status });
  });

  it('waits for its next step where its end never reached the store', async () => {
    const timing = new ManualTiming();
    await using silent = recordedEmitter(new MemoryJobStore({ timing }));
    recorded = silent;
    const flow = await beginFlow(backend, { extract, notes });
    const taken = (await backend.worker(flow.queues.extract.name, undefined).getNextJob('lost:0')) as Job<JobData>;
    await silent.store.begin({ jobId: flow.jobId, userId: 'ada', queueJob: { ...queueJobOf(taken), isStep: true }, attempt: 1, rerun: false, stage: 'A', createdAt: new Date().toISOString() });
    await taken.moveToCompleted({}, 'lost:0', false);
    const reconciliation = reconcileQueue(flow.queues.extract, silent.emitter, { timing });
    for (let passed = 0; passed < 14_000; passed += 2_000) {
      timing.advance(2_000);
      await reconciliation.reconcile();
    }
    await reconciliation.close();
    expect(silent.course(flow.jobId)).toEqual(['retrying 1']);
    flow.open.notes();
    await vi.waitFor(async () => expect(await silent.standing(flow.jobId)).toMatchObject({ status: 'completed' }), patiently);
  });

  it('a child that is removed while it waits does not end the job, and one without a flow does', async () => {
    const flow = await beginFlow(backend, { extract, notes });
    const { extract: queue } = flow.queues;
    await recorded.emitter.emitQueued({ jobId: flow.jobId, userId: 'ada' });
    const listed = vi.spyOn(recorded.store, 'listUnfinished');
    const worker = backend.worker(queue.name, undefined);
    const stop = followWorker(worker, recorded.emitter, { userId: ({ data }: Job<JobData>) => data.userId, jobId: ({ data, id }) => (data.step === 2 ? `alone-${id}` : flow.jobId) });
    await vi.waitFor(() => expect(listed).toHaveBeenCalled(), patiently);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const later = { name: 'extract', data: { userId: 'ada' }, opts: { delay: 60_000 } };
    await backend.flows().add({ name: 'notes', queueName: flow.queues.notes.name, data: { userId: 'ada' }, children: [{ ...later, queueName: queue.name }] });
    const alone = await queue.add('extract', { userId: 'ada', step: 2 }, { delay: 60_000 });
    await recorded.emitter.emitQueued({ jobId: `alone-${alone.id}`, userId: 'ada' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const [child] = (await queue.getJobs(['delayed'])).filter(({ data }) => data.step !== 2);
    await child!.remove();
    await alone.remove();
    await vi.waitFor(async () => expect(await recorded.standing(`alone-${alone.id}`)).toMatchObject({ status: 'cancelled' }), patiently);
    expect(await recorded.standing(flow.jobId)).toMatchObject({ status: 'queued' });
    await stop();
  });
});
