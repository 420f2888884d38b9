import { EventEmitter } from 'node:events';

import { describe, expect, it, vi } from 'vitest';

import { JobEventEmitterService } from '../emitter/index.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { ManualTiming } from '../testing/manual-timing.js';
import type { BullJob } from './bull-job.js';
import { followWorker, type FollowedWorker } from './follow-worker.js';
import { runBullJob } from './run-bull-job.js';

const store = new MemoryJobStore();
const emitter = new JobEventEmitterService({ store, broadcaster: { to: () => ({ emit: () => undefined }) } });

describe('followWorker', () => {
  /** A run that throws, and the job as the worker's event carries it afterwards. */
  async function failedJob(id: string) {
    const worker = new EventEmitter();
    const stop = followWorker(worker as unknown as FollowedWorker<object>, emitter, { userId: () => 'ada' });
    const job: BullJob = { id, name: 'notes', queueName: 'pdf', timestamp: 1, data: {}, opts: {}, attemptsMade: 0 };
    const broken = new Error('broken');
    const failing = runBullJob(emitter, job, { userId: 'ada' }, async () => {
      throw broken;
    });
    await expect(failing).rejects.toBe(broken);
    const stored = async () => (await store.get([`pdf:${id}:1`]))[0]?.snapshot;
    const hear = (facts: Partial<BullJob>): unknown => worker.emit('failed', Object.assign(job, { attemptsMade: 1, ...facts }), broken);
    return { job, stored, hear, stop };
  }

  it('reports nothing of a throw before the queue has decided', async () => {
    const { stored, stop } = await failedJob('undecided');
    await stop();
    expect(await stored()).toMatchObject({ status: 'active' });
  });

  it.each([
    ['failed', { finishedOn: 1 }],
    ['retrying', { delay: 60_000 }],
  ])('shows the attempt as %s where the queue decides so', async (status, facts) => {
    const { stored, hear, stop } = await failedJob(status);
    hear(facts);
    await stop();
    expect(await stored()).toMatchObject({ status, error: { code: 'JOB_FAILED', message: 'The job failed. Try again later.' } });
    if (status === 'retrying') expect(Date.parse((await stored())?.delayedUntil ?? '')).toBeGreaterThan(Date.now() + 50_000);
  });

  it('does not end a job that another worker has begun again since its attempt failed', async () => {
    const { stored, hear, stop } = await failedJob('begun-again');
    let finish = (): void => undefined;
    const again = emitter.run({ jobId: 'pdf:begun-again:1', userId: 'ada' }, () => new Promise<string>((resolve) => (finish = () => resolve('mended'))));
    await vi.waitFor(async () => expect(await stored()).toMatchObject({ status: 'active', version: [2, 0, expect.anything(), expect.anything(), expect.anything()] }));
    hear({ finishedOn: 1 });
    await stop();
    expect(await stored()).toMatchObject({ status: 'active' });
    finish();
    await again;
    expect(await stored()).toMatchObject({ status: 'completed', result: 'mended' });
  });

  it('reports a failure that nobody follows by looking at the job', async () => {
    const job: BullJob = { id: 'unfollowed', name: 'notes', queueName: 'pdf', timestamp: 1, data: {}, opts: {}, attemptsMade: 0 };
    const failing = runBullJob(emitter, job, { userId: 'ada' }, async () => {
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    Object.assign(job, { attemptsMade: 1, finishedOn: 1 });
    await vi.waitFor(async () => expect((await store.get(['pdf:unfollowed:1']))[0]?.snapshot).toMatchObject({ status: 'failed' }), { timeout: 10_000 });
  });

  it('shows a job as cancelled, and alarms nobody, whose cancelled run of a sandboxed process its queue has failed', async () => {
    const worker = new EventEmitter();
    const errors: unknown[] = [];
    const quiet = new JobEventEmitterService({ store, broadcaster: { to: () => ({ emit: () => undefined }) }, onError: (error) => void errors.push(error) });
    const stop = followWorker(worker as unknown as FollowedWorker<object>, quiet, { userId: () => 'ada' });
    const job = { id: 'sandboxed', name: 'notes', queueName: 'pdf', timestamp: 1, data: {}, opts: {}, attemptsMade: 1, finishedOn: 1 };
    worker.emit('failed', job, new Error('Job pdf:sandboxed:1 was cancelled.'));
    await stop();
    expect((await store.get(['pdf:sandboxed:1']))[0]?.snapshot).toMatchObject({ status: 'cancelled' });
    expect(errors).toEqual([]);
  });

  it.each([
    ['failed', new Error('job stalled more than allowable limit')],
    ['was cancelled', new Error('Job pdf:paper was cancelled.')],
  ])('does not end the later job of an id with one before it that %s', async (_what, error) => {
    const quiet = new JobEventEmitterService({ store: new MemoryJobStore(), broadcaster: { to: () => ({ emit: () => undefined }) }, onError: () => undefined });
    const worker = new EventEmitter();
    const stop = followWorker(worker as unknown as FollowedWorker<object>, quiet, { userId: () => 'ada', onError: () => undefined });
    const job = { id: 'paper', name: 'notes', queueName: 'pdf', timestamp: 1, data: {}, opts: { jobId: 'paper' }, attemptsMade: 1, finishedOn: 5 };
    const later = { queue: 'pdf', id: 'paper', createdAt: 2 };
    await quiet.emitQueued({ jobId: 'pdf:paper', userId: 'ada', queueJob: later });
    worker.emit('failed', job, error);
    await stop();
    expect((await quiet.store.get(['pdf:paper']))[0]).toMatchObject({ snapshot: { status: 'queued' }, queueJob: later });
  });

  it('does not name the step of a flow as the whole', async () => {
    const worker = new EventEmitter();
    const stop = followWorker(worker as unknown as FollowedWorker<object>, emitter, { userId: () => 'ada', jobId: () => 'flow' });
    const whole = { queue: 'bull:notes', id: '1', createdAt: 1 };
    await emitter.emitQueued({ jobId: 'flow', userId: 'ada', queueJob: whole });
    await emitter.emitProgress({ jobId: 'flow', userId: 'ada', stage: 'A', progress: 1 });
    worker.emit('failed', { id: '7', name: 'extract', queueName: 'extract', timestamp: 2, data: {}, opts: {}, attemptsMade: 1 }, new Error('broken'));
    await stop();
    expect((await store.get(['flow']))[0]).toMatchObject({ snapshot: { status: 'retrying' }, queueJob: whole });
  });

  it('refuses at once what is no worker, and options that do not say whose a job is', () => {
    expect(() => followWorker({} as FollowedWorker<object>, emitter, { userId: () => 'ada' })).toThrow(/give the Worker/);
    expect(() => followWorker(new EventEmitter() as unknown as FollowedWorker<object>, emitter, {} as never)).toThrow(/give userId, such as/);
  });

  it('stops after 5 s, and says so, where the queue does not answer any more', async () => {
    const worker = Object.assign(new EventEmitter(), { name: 'pdf' });
    const [timing, onError] = [new ManualTiming(), vi.fn()];
    const stop = followWorker(worker as unknown as FollowedWorker<object>, emitter, { userId: () => new Promise(() => undefined), timing, onError });
    worker.emit('failed', { id: '1', name: 'notes', queueName: 'pdf', data: {}, opts: {}, attemptsMade: 1, finishedOn: 1 }, new Error('broken'));
    const stopped = stop();
    timing.advance(5_000);
    await stopped;
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'BRIDGE_FAILED' }));
    expect(timing.pending).toBe(0);
  });

  it('hears nothing any more once it was stopped', async () => {
    const worker = new EventEmitter();
    await followWorker(worker as unknown as FollowedWorker<object>, emitter, { userId: () => 'ada' })();
    expect(worker.listenerCount('failed')).toBe(0);
  });
});
