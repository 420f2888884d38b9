import { QueueEvents, type Job } from 'bullmq';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { bullJobId, followWorker, queueJobOf, reconcileQueue, runBullJob } from '../../src/bullmq/index.js';
import { describeOnBullBackends, type BullBackend, type JobData } from './bull-backends.js';
import { realTiming } from '../../src/timing.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

const within15s = { timeout: 15_000, interval: 100 };
const userId = (job: Job<JobData>): string => job.data.userId;

/** A worker that has reported a job as active and will say nothing more of it, and the job as the queue has it. */
async function abandoned(backend: BullBackend) {
  const name = backend.queueName();
  const queue = backend.queue(name);
  const job = await queue.add('notes', { userId: 'ada' });
  const worker = backend.worker(name, undefined);
  const taken = (await worker.getNextJob('lost:0')) as Job<JobData>;
  const claim = { jobId: bullJobId(job), userId: 'ada', queueJob: queueJobOf(taken), attempt: 1, rerun: false, stage: 'A', createdAt: new Date().toISOString() };
  await recorded.store.begin(claim);
  return { queue, taken, jobId: bullJobId(job) };
}

describeOnBullBackends('reconcileQueue', (backend) => {
  it('ends a job from its queue whose end never reached the store, once, from another process', async () => {
    const { queue, taken, jobId } = await abandoned(backend);
    await taken.moveToCompleted({ noteId: 'n1' }, 'lost:0', false);
    const reconciliations = [reconcileQueue(queue, recorded.emitter), reconcileQueue(queue, recorded.emitter)];
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: { noteId: 'n1' } }), within15s);
    await Promise.all(reconciliations.map((each) => each.close()));
    expect(recorded.course(jobId)).toEqual(['completed 1']);
  });

  it("shows a flow's parent as queued that moved to its children in mid-run, and first as retrying where its worker was lost", async () => {
    const { queue, taken, jobId } = await abandoned(backend);
    const children = backend.queue(backend.queueName());
    const live = await queue.add('notes', { userId: 'ada' });
    const takenLive = (await backend.worker(queue.name, undefined).getNextJob('live:0')) as Job<JobData>;
    const about = { jobId: bullJobId(live), userId: 'ada', queueJob: queueJobOf(takenLive) };
    await recorded.emitter.emitProgress({ ...about, stage: 'SPLITTING', progress: 40 });
    for (const [parent, token] of [[taken, 'lost:0'], [takenLive, 'live:0']] as const) {
      await children.add('child', { userId: 'ada' }, { parent: { id: parent.id ?? '', queue: parent.queueQualifiedName } });
      expect(await parent.moveToWaitingChildren(token)).toBe(true);
    }
    const reconciliation = reconcileQueue(queue, recorded.emitter);
    await vi.waitFor(async () => expect(await recorded.standing(about.jobId)).toMatchObject({ status: 'queued', stage: 'SPLITTING', progress: 40 }), within15s);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'retrying', error: { code: 'STALLED' } }), within15s);
    await reconciliation.close();
    expect(recorded.course(about.jobId)).toEqual(['active 1', 'queued 1']);
  });

  it('shows waiting jobs that are removed or drained as cancelled', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    let finish = (): void => undefined;
    const busy = new Promise<void>((resolve) => (finish = resolve));
    const worker = backend.worker(name, (job) => runBullJob(recorded.emitter, job, { userId: 'ada' }, async () => busy));
    const stop = followWorker(worker, recorded.emitter, { userId });
    const add = async (id: string) => {
      await recorded.emitter.emitQueued({ jobId: bullJobId(name, id), userId: 'ada' });
      return queue.add('notes', { userId: 'ada' }, { jobId: id });
    };
    await vi.waitFor(async () => expect(await backend.queue(name).getJobCounts('active')).toEqual({ active: 0 }), within15s);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await add('a');
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(name, 'a'))).toMatchObject({ status: 'active' }), within15s);
    const removed = await add('b');
    await add('c');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await removed.remove();
    await queue.drain();
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(name, 'b'))).toMatchObject({ status: 'cancelled' }), within15s);
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(name, 'c'))).toMatchObject({ status: 'cancelled' }), within15s);
    finish();
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(name, 'a'))).toMatchObject({ status: 'completed' }), within15s);
    await worker.close();
    await stop();
  });

  it('stops following within its time limit although the events of the queue do not close', async () => {
    const name = backend.queueName();
    const worker = backend.worker(name, async () => undefined);
    const onError = vi.fn();
    const sooner = { ...realTiming, setTimeout: (callback: () => void, ms: number) => realTiming.setTimeout(callback, ms === 5_000 ? 100 : ms) };
    const ready = vi.spyOn(recorded.store, 'listUnfinished');
    const stop = followWorker(worker, recorded.emitter, { userId, onError, timing: sooner });
    await vi.waitFor(() => expect(ready).toHaveBeenCalled(), within15s);
    const close = vi.spyOn(QueueEvents.prototype, 'close').mockReturnValue(new Promise(() => {}));
    await stop();
    const hanging = close.mock.contexts as QueueEvents[];
    close.mockRestore();
    expect(hanging).toHaveLength(1);
    await Promise.all(hanging.map((events) => events.close()));
    expect(onError.mock.calls.map(([error]) => error.code)).toEqual(['BRIDGE_FAILED']);
  });
});
