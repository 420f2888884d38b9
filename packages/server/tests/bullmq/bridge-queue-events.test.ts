import { UnrecoverableError, type Job, type Queue, type QueueEvents } from 'bullmq';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { bridgeQueueEvents, bullJobId, type BridgeOptions, type QueueEventsBridge } from '../../src/bullmq/index.js';
import type { JobEventsServerError } from '../../src/server-errors.js';
import { MemoryJobStore } from '../../src/store/memory-job-store.js';
import { ManualTiming } from '../../src/testing/manual-timing.js';
import { realTiming } from '../../src/timing.js';
import { describeOnBullBackends, type BullBackend, type JobData } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

const patiently = { timeout: 15_000, interval: 50 };
const never = 3_600_000;

type Options = Partial<BridgeOptions<Job<JobData>>>;

function bridge(backend: BullBackend, queueEvents: Pick<QueueEvents, 'on' | 'off'>, queue: Queue<JobData>, options: Options = {}): QueueEventsBridge {
  const opened = bridgeQueueEvents(queueEvents, queue, recorded.emitter, { userId: (job) => job.data.userId, scanEveryMs: never, everyMs: never, ...options });
  backend.closeAfterwards(opened);
  return opened;
}

/** A queue whose events are heard. It is asked too, for on PostgreSQL some of them are never told. */
function heard(backend: BullBackend) {
  const name = backend.queueName();
  const queue = backend.queue(name);
  // From the first event on, whenever the connection is ready.
  const queueEvents = backend.queueEvents(name, { lastEventId: '0' });
  bridge(backend, queueEvents, queue, { scanEveryMs: 500, everyMs: 500 });
  return { name, queue };
}

/** A queue whose events nobody hears. */
function unheard(backend: BullBackend, options: Options = {}) {
  const name = backend.queueName();
  const queue = backend.queue(name);
  return { name, queue, bridge: () => bridge(backend, new EventEmitter() as never, queue, options) };
}

describeOnBullBackends('bridgeQueueEvents', (backend) => {
  it('shows a job of untouched workers from waiting to its result', async () => {
    const { name, queue } = heard(backend);
    const worker = backend.worker(name, undefined);
    const job = await queue.add('notes', { userId: 'ada' });
    const jobId = bullJobId(job);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'queued' }), patiently);
    const taken = await worker.getNextJob('one:0');
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'active' }), patiently);
    await taken?.moveToCompleted({ noteId: 'n1' }, 'one:0', false);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: { noteId: 'n1' } }), patiently);
    expect(recorded.course(jobId)).toEqual(['queued 1', 'active 1', 'completed 1']);
  });

  it('shows the end of a job that was added under the id of one that was removed while it waited', async () => {
    const { name, queue } = heard(backend);
    const removed = await queue.add('notes', { userId: 'ada' }, { jobId: 'paper', delay: 60_000 });
    const jobId = bullJobId(removed);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'queued' }), patiently);
    await removed.remove();
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'cancelled' }), { timeout: 45_000, interval: 50 });

    await queue.add('notes', { userId: 'ada' }, { jobId: 'paper' });
    const taken = await backend.worker(name, undefined).getNextJob('one:0');
    await taken?.moveToCompleted({ noteId: 'n1' }, 'one:0', false);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: { noteId: 'n1' } }), patiently);
    expect(recorded.course(jobId).at(-1)).toBe('completed 2');
  });

  it('takes up the progress that the events tell', async () => {
    const { name, queue } = heard(backend);
    const worker = backend.worker(name, undefined);
    const job = await queue.add('notes', { userId: 'ada' });
    await (await worker.getNextJob('one:0'))?.updateProgress({ progress: 80, stage: 'SAVING', message: 'Page 3' });
    await vi.waitFor(
      async () => expect(await recorded.standing(bullJobId(job))).toMatchObject({ progress: 80, stage: 'SAVING', message: 'Page 3' }),
      patiently,
    );
  });

  it('shows a try that another one follows as retrying, and the last one as failed', async () => {
    const { name, queue } = heard(backend);
    const worker = backend.worker(name, undefined);
    const job = await queue.add('notes', { userId: 'ada' }, { attempts: 2 });
    const jobId = bullJobId(job);
    for (const end of ['retrying', 'failed']) {
      const taken = await worker.getNextJob('one:0');
      await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'active' }), patiently);
      await taken?.moveToFailed(new Error('broken'), 'one:0');
      await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: end, error: { code: 'JOB_FAILED', message: 'The job failed. Try again later.' } }), patiently);
    }
    expect(recorded.course(jobId).filter((step) => !step.startsWith('queued'))).toEqual(['active 1', 'retrying 1', 'active 2', 'failed 2']);
  });

  it('shows a stalled try as retrying, and the job as failed when it stalled too often', async () => {
    const { name, queue } = heard(backend);
    const job = await queue.add('notes', { userId: 'ada' });
    const jobId = bullJobId(job);
    const lost = backend.worker(name, undefined, { lockDuration: 200 });
    await lost.getNextJob('lost:0');
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'active' }), patiently);
    const checker = backend.worker(name, undefined, { maxStalledCount: 0, stalledInterval: 100 });
    await checker.startStalledCheckTimer();
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'retrying', error: { code: 'STALLED' } }), patiently);
    backend.worker(name, async () => undefined);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'failed', error: { code: 'STALLED' } }), patiently);
  });

  it('shows a job that somebody begins again by hand as a later attempt, whatever becomes of its counters', async () => {
    const { name, queue } = heard(backend);
    let isBroken = true;
    backend.worker(name, async () => {
      if (isBroken) throw new UnrecoverableError('broken');
      return 'mended';
    });
    const job = await queue.add('notes', { userId: 'ada' });
    const jobId = bullJobId(job);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'failed' }), patiently);
    isBroken = false;
    await queue.retryJobs({ state: 'failed' });
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: 'mended' }), patiently);
    expect((await recorded.standing(jobId))?.version[0]).toBe(2);
  });

  it('finds the ends that no event told', async () => {
    const { name, queue, bridge: open } = unheard(backend);
    const good = await queue.add('notes', { userId: 'ada' });
    const bad = await queue.add('notes', { userId: 'eve' });
    backend.worker(name, async ({ data }) => {
      if (data.userId === 'eve') throw new Error('broken');
      return 'done';
    });
    await vi.waitFor(async () => expect(await queue.getJobCounts('completed', 'failed')).toEqual({ completed: 1, failed: 1 }), patiently);
    await open().reconcile();
    expect(await recorded.standing(bullJobId(good))).toMatchObject({ status: 'completed', result: 'done' });
    expect(await recorded.standing(bullJobId(bad))).toMatchObject({ status: 'failed', error: { code: 'JOB_FAILED', message: 'The job failed. Try again later.' } });
  });

  it('finds a waiting job that no event told', async () => {
    const { queue, bridge: open } = unheard(backend);
    const job = await queue.add('notes', { userId: 'ada' });
    await open().reconcile();
    expect(await recorded.standing(bullJobId(job))).toMatchObject({ status: 'queued' });
  });

  it('finds the progress that no event told', async () => {
    const { name, queue, bridge: open } = unheard(backend);
    const worker = backend.worker(name, undefined);
    const job = await queue.add('notes', { userId: 'ada' });
    await (await worker.getNextJob('one:0'))?.updateProgress(65);
    await open().reconcile();
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(job))).toMatchObject({ status: 'active', progress: 65 }), patiently);
  });

  it.each([
    ['active', { status: 'failed', error: { code: 'VANISHED' } }],
    ['waiting', { status: 'cancelled' }],
  ])('ends a job that was %s and is gone without a word, once it is sure', async (state, expected) => {
    const timing = new ManualTiming();
    await using silent = recordedEmitter(new MemoryJobStore({ timing }));
    recorded = silent;
    const { name, queue, bridge: open } = unheard(backend, { timing });
    const job = await queue.add('notes', { userId: 'ada' });
    const jobId = bullJobId(job);
    const taken = state === 'active' ? ((await backend.worker(name, undefined).getNextJob('one:0')) as Job<JobData>) : undefined;
    const opened = open();
    await opened.reconcile();
    await taken?.moveToCompleted('done', 'one:0', false);
    await queue.remove(job.id ?? '');
    const before = taken === undefined ? 'queued' : 'active';
    for (let passed = 0; passed < 34_000; passed += 2_000) {
      expect(await silent.standing(jobId)).toMatchObject({ status: before });
      timing.advance(2_000);
      await opened.reconcile();
    }
    timing.advance(4_000);
    await opened.reconcile();
    await opened.close();
    expect(await silent.standing(jobId)).toMatchObject(expected);
  });

  it('shows a delayed job as queued with when it begins, and one that is delayed again with when it goes on', async () => {
    const { name, queue } = heard(backend);
    const delayed = await queue.add('notes', { userId: 'ada' }, { delay: 600_000 });
    const begins = new Date(delayed.timestamp + 600_000).toISOString();
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(delayed))).toMatchObject({ status: 'queued', delayedUntil: begins }), patiently);
    const job = await queue.add('notes', { userId: 'ada' });
    const taken = (await backend.worker(name, undefined).getNextJob('one:0')) as Job<JobData>;
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(job))).toMatchObject({ status: 'active' }), patiently);
    const goesOn = Date.now() + 300_000;
    await taken.moveToDelayed(goesOn, 'one:0');
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(job))).toMatchObject({ status: 'queued', delayedUntil: new Date(goesOn).toISOString() }), patiently);
  });

  it('tells the result of a job that is removed as soon as it is done', async () => {
    const { name, queue } = heard(backend);
    const job = await queue.add('notes', { userId: 'ada' }, { removeOnComplete: true, delay: 200 });
    const jobId = bullJobId(job);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toBeDefined(), patiently);
    backend.worker(name, async () => 'done');
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: 'done' }), patiently);
  });

  it('closes within 5 s although its queue was closed before', async () => {
    const onError = vi.fn();
    const sooner = { ...realTiming, setTimeout: (callback: () => void, ms: number) => realTiming.setTimeout(callback, Math.min(ms, 100)) };
    const { queue, bridge: open } = unheard(backend, { onError, timing: sooner });
    await queue.add('notes', { userId: 'ada' });
    await queue.close();
    const opened = open();
    // Its first pass asks the queue.
    await new Promise(setImmediate);
    await opened.close();
    expect(onError.mock.calls.map(([error]) => (error as JobEventsServerError).code)).toEqual(['BRIDGE_FAILED']);
  });

  it('says nothing of a job of nobody', async () => {
    const { name, queue, bridge: open } = unheard(backend, { userId: () => undefined });
    await queue.add('notes', { userId: 'ada' });
    backend.worker(name, async () => 'done');
    await vi.waitFor(async () => expect(await queue.getJobCounts('completed')).toEqual({ completed: 1 }), patiently);
    await open().reconcile();
    expect(recorded.broadcasts).toEqual([]);
  });

  it('shows a delayed job that another one takes the place of as cancelled', async () => {
    const { queue } = heard(backend);
    const replacing = { delay: 600_000, deduplication: { id: 'latest', ttl: 600_000, extend: true, replace: true } };
    const job = await queue.add('notes', { userId: 'ada' }, replacing);
    const jobId = bullJobId(job);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'queued' }), patiently);
    const other = await queue.add('notes', { userId: 'ada' }, replacing);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'cancelled' }), patiently);
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(other))).toMatchObject({ status: 'queued' }), patiently);
  });

  // BullMQ's PostgreSQL back end tells nobody of a job that is removed by hand: it ends as one that is gone without a word.
  if (backend.name === 'Redis')
    it('shows a job that is removed while it waits as cancelled', async () => {
      const { queue } = heard(backend);
      const job = await queue.add('notes', { userId: 'ada' });
      const jobId = bullJobId(job);
      await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'queued' }), patiently);
      await queue.remove(job.id ?? '');
      await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'cancelled' }), patiently);
    });
});
