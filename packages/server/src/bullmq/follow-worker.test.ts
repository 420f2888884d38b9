import { EventEmitter } from 'node:events';

import { describe, expect, it, vi } from 'vitest';

import { JobEventEmitterService } from '../emitter/index.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { ManualTiming } from '../testing/manual-timing.js';
import { followWorker, type FollowedWorker } from './follow-worker.js';
import { runBullJob } from './run-bull-job.js';

const store = new MemoryJobStore();
const emitter = new JobEventEmitterService({ store, broadcaster: { to: () => ({ emit: () => undefined }) } });

describe('followWorker', () => {
  it.each([
    ['failed', { attempts: 1 }],
    ['retrying', { attempts: 2 }],
  ])('does not end a job that another worker has begun again since a run reported it as %s', async (reported, opts) => {
    const worker = new EventEmitter();
    const stop = followWorker(worker as unknown as FollowedWorker<object>, emitter, { userId: () => 'ada' });
    const job = { id: reported, name: 'notes', queueName: 'pdf', timestamp: 1, data: {}, opts, attemptsMade: 0, finishedOn: 1 };
    const broken = new Error('broken');
    const failing = runBullJob(emitter, job, { userId: 'ada' }, async () => {
      throw broken;
    });
    await expect(failing).rejects.toBe(broken);

    let finish = (): void => undefined;
    const again = emitter.run({ jobId: `pdf:${reported}:1`, userId: 'ada' }, () => new Promise<string>((resolve) => (finish = () => resolve('mended'))));
    const standing = async () => (await store.get([`pdf:${reported}:1`]))[0]?.snapshot;
    await vi.waitFor(async () => expect(await standing()).toMatchObject({ status: 'active', version: [2, 0, expect.anything(), expect.anything(), expect.anything()] }));
    worker.emit('failed', job, broken);
    await stop();
    expect(await standing()).toMatchObject({ status: 'active' });
    finish();
    await again;
    expect(await standing()).toMatchObject({ status: 'completed', result: 'mended' });
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
