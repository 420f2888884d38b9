import { UnrecoverableError, type Job } from 'bullmq';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { JobRun } from '../../src/emitter/index.js';
import { bullJobId, followWorker, runBullJob } from '../../src/bullmq/index.js';
import { describeOnBullBackends, type JobData } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

const patiently = { timeout: 15_000, interval: 50 };
const userId = (job: Job<JobData>): string => job.data.userId;

describeOnBullBackends('followWorker', (backend) => {
  it('hears of a job that stalled more often than allowed, whose function never runs again', async () => {
    const name = backend.queueName();
    const job = await backend.queue(name).add('notes', { userId: 'ada' }, { attempts: 5 });
    const jobId = bullJobId(job);
    const { emitter } = recorded;
    const lost = backend.worker(name, undefined, { lockDuration: 200 });
    const taken = (await lost.getNextJob('lost:0')) as Job<JobData>;
    const lostRun = runBullJob(emitter, taken, { userId: 'ada' }, async (run) => {
      run.stage('DOWNLOADING');
      await new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)));
    }).catch(() => undefined);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ stage: 'DOWNLOADING' }));

    const work = vi.fn(async () => undefined);
    const worker = backend.worker(name, (each) => runBullJob(emitter, each, { userId: 'ada' }, work), { maxStalledCount: 0, stalledInterval: 100 });
    followWorker(worker, emitter, { userId });
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'failed', error: { code: 'STALLED' } }), patiently);
    expect(work).not.toHaveBeenCalled();
    await lostRun;
    expect(recorded.course(jobId)).toEqual(['active 1', 'failed 1']);
  });

  it('hears of a job that was started more often than allowed', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const job = await queue.add('notes', { userId: 'ada' });
    const lost = backend.worker(name, undefined, { lockDuration: 200 });
    await lost.getNextJob('lost:0');
    const worker = backend.worker(name, async () => undefined, { maxStartedAttempts: 1, stalledInterval: 100 });
    followWorker(worker, recorded.emitter, { userId });
    await vi.waitFor(
      async () => expect(await recorded.standing(bullJobId(job))).toMatchObject({ status: 'failed', error: { code: 'STARTED_TOO_OFTEN' } }),
      patiently,
    );
  });

  it('shows a job as retrying whose worker was lost, as long as no other one is free, and then its next try', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const { emitter } = recorded;
    const job = await queue.add('notes', { userId: 'ada' });
    const jobId = bullJobId(job);
    const lost = backend.worker(name, undefined, { lockDuration: 200 });
    const taken = (await lost.getNextJob('lost:0')) as Job<JobData>;
    void runBullJob(emitter, taken, { userId: 'ada' }, async (run) => {
      run.stage('GENERATING_NOTES', 0.75);
      await new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)));
    }).catch(() => undefined);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ progress: 75 }));

    let isFree = (): void => undefined;
    const other = new Promise<void>((resolve) => (isFree = resolve));
    await queue.add('notes', { userId: 'eve' });
    const worker = backend.worker(name, (each) => runBullJob(emitter, each, { userId: each.data.userId }, async () => (each.data.userId === 'eve' ? other : undefined)), { stalledInterval: 300 });
    followWorker(worker, emitter, { userId });
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'retrying', stage: 'GENERATING_NOTES', error: { code: 'STALLED', retryable: true } }), patiently);
    isFree();
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed' }), patiently);
    expect(recorded.course(jobId)).toEqual(['active 1', 'retrying 1', 'active 2', 'completed 2']);
  });

  it('says nothing again of an end that the run has told, nor of a try that another one follows', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const { emitter } = recorded;
    const worker = backend.worker(name, (each) =>
      runBullJob(emitter, each, { userId: 'ada' }, async () => {
        throw each.attemptsMade === 0 ? new Error('again') : new UnrecoverableError('never');
      }),
    );
    const stop = followWorker(worker, emitter, { userId });
    const job = await queue.add('notes', { userId: 'ada' }, { attempts: 3 });
    const jobId = bullJobId(job);
    // The worker emits its event after the queue has decided.
    await vi.waitFor(() => expect(recorded.course(jobId)).toEqual(['active 1', 'retrying 1', 'active 2', 'failed 2']), patiently);
    await stop();
    expect(recorded.broadcasts.filter(({ status }) => status === 'failed')).toHaveLength(1);
  });

  it('of a job that was cancelled and is put back at once says nothing when the queue has failed the try before', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const { emitter, store } = recorded;
    const work = (run: JobRun): Promise<never> =>
      new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason as Error)));
    const worker = backend.worker(name, (each) => runBullJob(emitter, each, { userId: 'ada', jobId: 'paper' }, work));
    const heard = vi.fn(userId);
    const stop = followWorker(worker, emitter, {
      // It asks for the user of a job that waits for long.
      reconcile: false,
      jobId: () => 'paper',
      userId: async (job) => {
        // Somebody wants it after all, in the very moment in which the queue tells that the try has failed.
        await emitter.emitQueued({ jobId: 'paper', userId: 'ada', attempt: 2, rerun: true });
        return heard(job);
      },
    });
    const job = await queue.add('notes', { userId: 'ada' });
    await vi.waitFor(async () => expect(await recorded.standing('paper')).toMatchObject({ status: 'active' }), patiently);
    await store.cancel('paper', { silentAfterMs: 60_000, timestamp: new Date().toISOString() });
    await vi.waitFor(async () => expect(await queue.getJobState(job.id ?? '')).toBe('failed'), patiently);
    await emitter.emitQueued({ jobId: 'paper', userId: 'ada', attempt: 2, rerun: true });
    await stop();
    expect(recorded.course('paper')).toEqual(['active 1', 'cancelled 1', 'queued 2']);
    expect(heard).not.toHaveBeenCalled();
  });

  it("lets the queue alone call the application's back-off strategy, once for each failure", async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const { emitter } = recorded;
    const backoffStrategy = vi.fn((attemptsMade: number): number => (attemptsMade === 1 ? 100 : -1));
    const worker = backend.worker(
      name,
      (each) => runBullJob(emitter, each, { userId: 'ada' }, async () => { throw new Error('broken'); }),
      { settings: { backoffStrategy } },
    );
    followWorker(worker, emitter, { userId });
    const job = await queue.add('notes', { userId: 'ada' }, { attempts: 5, backoff: { type: 'own' } });
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(job))).toMatchObject({ status: 'failed' }), patiently);
    expect(recorded.course(bullJobId(job))).toEqual(['active 1', 'retrying 1', 'active 2', 'failed 2']);
    expect(backoffStrategy).toHaveBeenCalledTimes(2);
    expect(recorded.broadcasts.find(({ status }) => status === 'retrying')?.delayedUntil).toBeDefined();
  });

  it('leaves a job of nobody alone, and tells of what it cannot report', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const onError = vi.fn();
    const worker = backend.worker(name, async () => { throw new Error('broken'); });
    followWorker(worker, recorded.emitter, { userId: async ({ data }: Job<JobData>) => (data.userId === 'nobody' ? undefined : data.userId), onError });
    await queue.add('notes', { userId: 'nobody' });
    await queue.add('notes', { userId: '' });
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce(), patiently);
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'BRIDGE_FAILED' });
    expect(recorded.broadcasts).toEqual([]);
  });
});
