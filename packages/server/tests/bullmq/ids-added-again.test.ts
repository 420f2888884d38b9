import type { Job } from 'bullmq';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { bridgeQueueEvents, bullJobId, followWorker, queueJobOf, runBullJob } from '../../src/bullmq/index.js';
import { describeOnBullBackends, type BullBackend, type JobData } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

const patiently = { timeout: 15_000, interval: 20 };
const userId = (job: Job<JobData>): string => job.data.userId;
const resultOf = ({ data }: Job<JobData>): string => `of ${data.userId}, step ${data.step}`;

/** Two users by turns, each of whose jobs is done and removed at once. `restart`: the queue's numbers begin again. */
async function addByTurns(backend: BullBackend, name: string, options: { jobId?: string; rounds: number; restart?: boolean; users: readonly string[]; onAdded?: (job: Job<JobData>) => Promise<unknown> }) {
  const queue = backend.queue(name);
  const added: { readonly jobId: string; readonly userId: string; readonly result: string }[] = [];
  for (let step = 0; step < options.rounds; step++) {
    const data = { userId: options.users[step % options.users.length]!, step };
    const job = await queue.add('notes', data, { removeOnComplete: true, ...(options.jobId !== undefined && { jobId: options.jobId }) });
    added.push({ jobId: bullJobId(job), userId: data.userId, result: resultOf(job) });
    await options.onAdded?.(job);
    await vi.waitFor(async () => expect(await queue.getJob(job.id!)).toBeUndefined(), { timeout: 15_000, interval: 1 });
    if (options.restart === true && step % 3 === 2) await queue.obliterate({ force: true });
  }
  return added;
}

const bridged = (backend: BullBackend, name: string) => {
  const queueEvents = backend.queueEvents(name, { lastEventId: '0' });
  backend.closeAfterwards(bridgeQueueEvents(queueEvents, backend.queue(name), recorded.emitter, { userId, scanEveryMs: 50, onError: () => undefined }));
  return queueEvents.waitUntilReady();
};

/** Everything that was ever broadcast with a result, as the job and its result. */
const results = (): string[] => [...new Set(recorded.broadcasts.flatMap(({ jobId, result }) => (result === undefined ? [] : [`${jobId} ${String(result)}`])))];

describeOnBullBackends('an id that is added again', (backend) => {
  it.each([
    ['by itself, after obliterate', { restart: true, users: ['ada', 'bob'] }],
    ['by an application that names its jobs by their documents', { jobId: 'paper', users: ['ada', 'bob'] }],
  ])('%s: the bridge shows nobody the result of another job, however quick the jobs are', async (_what, options) => {
    const name = backend.queueName();
    await bridged(backend, name);
    const takenMs = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    backend.worker(name, async (job) => (await takenMs(), resultOf(job)));
    const added = await addByTurns(backend, name, { rounds: 60, ...options });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const right = new Set(added.map(({ jobId, result }) => `${jobId} ${result}`));
    expect(results().filter((shown) => !right.has(shown))).toEqual([]);
    const owners = new Map((await recorded.store.get(added.map(({ jobId }) => jobId))).flatMap((record) => (record ? [[record.snapshot.jobId, record.userId]] : [])));
    for (const shown of results()) {
      const [jobId = ''] = shown.split(' ');
      expect(shown).toContain(`of ${owners.get(jobId)},`);
    }
    expect(results().length).toBeGreaterThan(0);
  });

  it('by one user again and again: runBullJob shows each result, and followWorker ends none of the later ones', async () => {
    const name = backend.queueName();
    const worker = backend.worker(name, (job) => runBullJob(recorded.emitter, job, { userId: userId(job) }, async () => resultOf(job)));
    backend.closeAfterwards({ close: followWorker(worker, recorded.emitter, { userId, onError: () => undefined }) });
    const onAdded = (job: Job<JobData>) => recorded.emitter.emitQueued({ jobId: bullJobId(job), userId: userId(job), queueJob: queueJobOf(job) });
    const added = await addByTurns(backend, name, { rounds: 20, jobId: 'paper', users: ['ada'], onAdded });
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(name, 'paper'))).toMatchObject({ status: 'completed', result: added.at(-1)!.result }), patiently);
    expect(results()).toEqual(added.map(({ jobId, result }) => `${jobId} ${result}`));
  });

  it('while its job is active: followWorker shows at once that this job has failed', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    let fail = (): void => undefined;
    const busy = new Promise<never>((_, reject) => (fail = () => reject(new Error('broken'))));
    const worker = backend.worker(name, (job) => runBullJob(recorded.emitter, job, { userId: 'ada' }, () => busy));
    backend.closeAfterwards({ close: followWorker(worker, recorded.emitter, { userId, reconcile: false }) });
    const job = await queue.add('notes', { userId: 'ada' }, { jobId: 'paper' });
    const jobId = bullJobId(job);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'active' }), patiently);
    // BullMQ has one job of this id, and answers with a time of its own.
    const again = await queue.add('notes', { userId: 'ada' }, { jobId: 'paper' });
    await recorded.emitter.emitQueued({ jobId, userId: 'ada', queueJob: { ...queueJobOf(again), createdAt: job.timestamp + 700 } });
    fail();
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'failed' }), patiently);
  });
});
