import type { Job } from 'bullmq';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { bullJobId, followWorker, queueJobOf, runBullJob } from '../../src/bullmq/index.js';
import { describeOnBullBackends, type JobData } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

const patiently = { timeout: 15_000, interval: 50 };

describeOnBullBackends('a queue whose ids begin again', (backend) => {
  it("shows another user's new job with an old number, and does its work", async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const work = vi.fn(async (job: Job<JobData>) => `of ${job.data.userId}`);
    const worker = backend.worker(name, (job) => runBullJob(recorded.emitter, job, { userId: job.data.userId }, () => work(job)));
    backend.closeAfterwards({ close: followWorker(worker, recorded.emitter, { userId: (job: Job<JobData>) => job.data.userId }) });

    const first = await queue.add('notes', { userId: 'ada' });
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(first))).toMatchObject({ status: 'completed', result: 'of ada' }), patiently);
    await queue.obliterate({ force: true });
    const second = await queue.add('notes', { userId: 'bob' });
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(second))).toMatchObject({ status: 'completed', result: 'of bob' }), patiently);

    if (backend.name === 'Redis') expect(second.id).toBe(first.id);
    expect(work).toHaveBeenCalledTimes(2);
    expect(recorded.errors).toEqual([]);
  });

  it("does not answer the same user's new job with the result of the old one", async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    backend.worker(name, (job) => runBullJob(recorded.emitter, job, { userId: job.data.userId }, async () => 'old'));
    const first = await queue.add('notes', { userId: 'ada' });
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(first))).toMatchObject({ status: 'completed' }), patiently);
    await queue.obliterate({ force: true });
    const second = await queue.add('notes', { userId: 'ada' }, { delay: 60_000 });
    expect(await recorded.emitter.emitQueued({ jobId: bullJobId(second), userId: 'ada' })).toMatchObject({ status: 'queued' });
  });

  it('does the work of a job that was added under the id of one that was removed while it waited', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const work = vi.fn(async () => 'done');
    const worker = backend.worker(name, (job) => runBullJob(recorded.emitter, job, { userId: job.data.userId }, work));
    backend.closeAfterwards({ close: followWorker(worker, recorded.emitter, { userId: (job: Job<JobData>) => job.data.userId }) });
    const removed = await queue.add('notes', { userId: 'ada' }, { jobId: 'paper', delay: 60_000 });
    const jobId = bullJobId(removed);
    await recorded.emitter.emitQueued({ jobId, userId: 'ada', queueJob: queueJobOf(removed) });
    await removed.remove();
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'cancelled' }), { timeout: 30_000, interval: 50 });

    const again = await queue.add('notes', { userId: 'ada' }, { jobId: 'paper' });
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: 'done' }), patiently);
    expect(work).toHaveBeenCalledOnce();
    await vi.waitFor(async () => expect(await queue.getJobState(again.id!)).toBe('completed'), patiently);
  });

  it('gives a job the same id where it is added, read and worked on', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const seen: string[] = [];
    backend.worker(name, async (job) => void seen.push(bullJobId(job)));
    const jobs = [await queue.add('notes', { userId: 'ada' }), await queue.add('notes', { userId: 'ada' }, { jobId: 'paper' })];
    await vi.waitFor(() => expect(seen).toHaveLength(2), patiently);
    expect(seen.sort()).toEqual(jobs.map((job) => bullJobId(job)).sort());
    for (const job of jobs) expect(bullJobId((await queue.getJob(job.id ?? '')) as Job<JobData>)).toBe(bullJobId(job));
    expect(bullJobId(jobs[1]!)).toBe(bullJobId(name, 'paper'));
  });
});
