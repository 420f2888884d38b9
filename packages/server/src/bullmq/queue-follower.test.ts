import { defineJob, type AnyJobSnapshot, type JobDefinition } from '@notes/job-events-protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';

import { JobEventEmitterService } from '../emitter/index.js';
import type { JobEventsServerError } from '../server-errors.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { ManualTiming } from '../testing/manual-timing.js';
import type { BridgedJob, BridgedQueue, Reporter, ShownAs } from './bridged-queue.js';
import { readProgress } from './progress-report.js';
import { QueueFollower } from './queue-follower.js';
import { UnstoredEnds } from './unstored-ends.js';

/** A queue with one job, which says what it is told to say. */
class OneJobQueue implements BridgedQueue<BridgedJob> {
  readonly name = 'pdf';
  job: BridgedJob | undefined;
  state = 'waiting';
  /** Happens between the two reads. */
  onStateRead = (): void => undefined;

  async getJob(): Promise<BridgedJob | undefined> {
    return this.job;
  }
  async getJobState(): Promise<string> {
    const { state } = this;
    this.onStateRead();
    return state;
  }
  async getJobs(): Promise<BridgedJob[]> {
    return [];
  }
  is(state: string, facts: Partial<BridgedJob> = {}): void {
    const fresh = { id: '1', name: 'notes', queueName: 'pdf', timestamp: 1, data: {}, opts: {}, attemptsMade: 0, progress: 0, returnvalue: null };
    this.state = state;
    this.job = { ...fresh, ...facts };
  }
}

let queue: OneJobQueue;
let store: MemoryJobStore;
let emitter: JobEventEmitterService;
let follower: QueueFollower<BridgedJob>;
let errors: JobEventsServerError[];
let timing: ManualTiming;
beforeEach(() => open());

function open(options: { jobs?: JobDefinition } = {}): void {
  queue = new OneJobQueue();
  store = new MemoryJobStore();
  timing = new ManualTiming();
  errors = [];
  emitter = new JobEventEmitterService<any>({
    store,
    broadcaster: { to: () => ({ emit: () => undefined }) },
    throttle: { intervalMs: 0 },
    onError: (error) => errors.push(error),
    ...options,
  });
  openFollower(({ timestamp }) => ({ jobId: 'pdf:1', userId: 'ada', queueJob: { queue: 'pdf', id: '1', createdAt: timestamp } }));
}

function openFollower(showAs: (job: BridgedJob) => ShownAs): void {
  follower = new QueueFollower({
    queue,
    reporter: emitter as unknown as Reporter,
    stage: 'PROCESSING',
    readProgress,
    timing,
    unstoredEnds: new UnstoredEnds(() => undefined),
    showAs,
  });
}

async function standing(): Promise<AnyJobSnapshot | undefined> {
  await emitter.flush();
  return (await store.get(['pdf:1']))[0]?.snapshot;
}

/** Status and attempt of what stands. */
async function stands(): Promise<string> {
  const snapshot = await standing();
  return snapshot === undefined ? 'unknown' : `${snapshot.status} ${snapshot.version[0]}`;
}

const look = async (): Promise<string> => {
  await follower.look('1');
  return stands();
};

const ofEarlierJob = { jobId: 'pdf:1', userId: 'ada', queueJob: { queue: 'pdf', id: '1', createdAt: 0 } };

/** Long enough ago that what happens now is later. */
const earlier = Date.now() - 60_000;

describe('QueueFollower', () => {
  it.each<[string, () => Promise<AnyJobSnapshot>, number]>([
    ['cancelled', () => emitter.emitCancelled({ ...ofEarlierJob }), 2],
    ['failed in its second attempt', () => emitter.emitFailed({ ...ofEarlierJob, attempt: 2, error: { code: 'E', message: 'm', retryable: true } }), 3],
    ['active in its second attempt', () => emitter.emitProgress({ ...ofEarlierJob, attempt: 2, stage: 'A', progress: 1 }), 2],
  ])('tells onError once why a job failed whose id is that of one that is %s', async (_, before, attempt) => {
    await before();
    const failed = { attemptsMade: 1, processedOn: Date.now() + 1_000, finishedOn: Date.now() + 2_000, failedReason: 'boom at /srv/app.js' };
    for (let round = 0; round < 2; round++) {
      queue.is('failed', failed);
      expect(await look()).toBe(`failed ${attempt}`);
    }
    expect(errors.map(({ code, cause }) => [code, String(cause)])).toEqual([['JOB_FAILED', 'Error: boom at /srv/app.js']]);
  });

  it('counts the tries as the queue does', async () => {
    queue.is('waiting');
    expect(await look()).toBe('queued 1');
    queue.is('active');
    expect(await look()).toBe('active 1');
    queue.is('delayed', { attemptsMade: 1, failedReason: 'broken' });
    expect(await look()).toBe('retrying 1');
    queue.is('active', { attemptsMade: 1, failedReason: 'broken' });
    expect(await look()).toBe('active 2');
    queue.is('completed', { attemptsMade: 2, finishedOn: earlier, returnvalue: 'done' });
    expect(await look()).toBe('completed 2');
  });

  it('counts a try that stalled, which the queue does not count', async () => {
    queue.is('active');
    await look();
    queue.is('waiting', { stalledCounter: 1 });
    await follower.heardStalled('1');
    expect(await stands()).toBe('retrying 1');
    queue.is('active', { stalledCounter: 1 });
    expect(await look()).toBe('active 2');
    queue.is('completed', { attemptsMade: 1, stalledCounter: 1, finishedOn: earlier });
    expect(await look()).toBe('completed 2');
  });

  it('shows a job that is released as queued, as the same attempt', async () => {
    queue.is('active', { attemptsMade: 1, failedReason: 'broken before' });
    expect(await look()).toBe('active 2');
    queue.is('delayed', { attemptsMade: 1, failedReason: 'broken before' });
    expect(await look()).toBe('queued 2');
    queue.is('active', { attemptsMade: 1, failedReason: 'broken before' });
    expect(await look()).toBe('active 2');
  });

  it("shows a flow's parent as queued while its children work", async () => {
    queue.is('waiting-children');
    expect(await look()).toBe('queued 1');
    queue.is('active');
    expect(await look()).toBe('active 1');
  });

  it('says an end that it finds twice once', async () => {
    queue.is('completed', { attemptsMade: 1, processedOn: earlier, finishedOn: earlier + 5, returnvalue: 'done' });
    expect(await look()).toBe('completed 1');
    const first = await standing();
    expect(await look()).toBe('completed 1');
    expect(await standing()).toEqual(first);
  });

  it('takes an active job that had ended for a later attempt, where its counters were set back', async () => {
    queue.is('failed', { attemptsMade: 1, processedOn: earlier, finishedOn: earlier + 5, failedReason: 'broken' });
    expect(await look()).toBe('failed 1');
    queue.is('active');
    expect(await look()).toBe('active 2');
    queue.is('completed', { attemptsMade: 1, finishedOn: earlier + 20 });
    expect(await look()).toBe('completed 2');
  });

  it('tells a later end from the one before where its counters were set back and nobody saw it active', async () => {
    queue.is('failed', { attemptsMade: 1, processedOn: earlier, finishedOn: earlier + 5, failedReason: 'broken' });
    expect(await look()).toBe('failed 1');
    queue.is('completed', { attemptsMade: 1, processedOn: earlier + 10, finishedOn: earlier + 15, returnvalue: 'mended' });
    expect(await look()).toBe('completed 2');
  });

  it('gives an end to the last attempt where others have counted more of them', async () => {
    await emitter.emitProgress({ jobId: 'pdf:1', userId: 'ada', stage: 'SAVING', progress: 10, attempt: 3 });
    queue.is('completed', { attemptsMade: 1, finishedOn: earlier });
    expect(await look()).toBe('completed 3');
  });

  it('gives an event of an end to the try before where the queue has gone on', async () => {
    queue.is('active', { attemptsMade: 1 });
    expect(await look()).toBe('active 2');
    await follower.heardFailed('1', 'broken');
    expect(await stands()).toBe('active 2');
  });

  it('tells an end once whose worker has set its clock back in the middle of the job', async () => {
    const times = { processedOn: earlier + 10, finishedOn: earlier, attemptsMade: 1 };
    queue.is('completed', times);
    expect([await look(), await look()]).toEqual(['completed 1', 'completed 1']);
  });

  it('shows another user’s job that has taken the id as that user’s, and leaves the one before alone', async () => {
    const idOf = (timestamp: number): string => `pdf:1:${timestamp}`;
    openFollower(({ timestamp, data }) => ({ jobId: idOf(timestamp), userId: String(data), queueJob: { queue: 'pdf', id: '1', createdAt: timestamp } }));
    queue.is('active', { timestamp: 1, data: 'ada' });
    await follower.look('1');
    queue.is('active', { timestamp: 2, data: 'bob' });
    await follower.look('1');
    queue.job = undefined;
    await follower.heardCompleted('1', { secret: 'of bob' });
    const [ofAda, ofBob] = await store.get([idOf(1), idOf(2)]);
    expect([ofAda?.userId, ofAda?.snapshot.status, ofAda?.snapshot.result]).toEqual(['ada', 'active', undefined]);
    expect([ofBob?.userId, ofBob?.snapshot.status, ofBob?.snapshot.result]).toEqual(['bob', 'completed', { secret: 'of bob' }]);
  });

  it('gives a late end to the job that it is of, where its id has been given to another one', async () => {
    openFollower(({ timestamp }) => ({ jobId: `pdf:1:${timestamp}`, userId: 'ada', queueJob: { queue: 'pdf', id: '1', createdAt: timestamp } }));
    queue.is('active', { timestamp: 1 });
    await follower.look('1');
    queue.is('active', { timestamp: 2 });
    await follower.heardCompleted('1', 'first');
    const [first, second] = await store.get(['pdf:1:1', 'pdf:1:2']);
    expect([first?.snapshot.status, first?.snapshot.result, second]).toEqual(['completed', 'first', undefined]);
  });

  it.each([['active'], ['waiting']])('completes a job that is %s, whose id was added once more, though it is not in the queue any more', async (state) => {
    queue.is(state);
    await follower.look('1');
    // BullMQ has one job of this id, and answers whoever adds it again with a time of its own.
    await emitter.emitQueued({ jobId: 'pdf:1', userId: 'ada', queueJob: { queue: 'pdf', id: '1', createdAt: 700 } });
    queue.job = undefined;
    await follower.heardCompleted('1', 'done');
    expect([await stands(), (await standing())?.result]).toEqual(['completed 1', 'done']);
  });

  it('believes the queue, not an event that comes when the job has ended otherwise', async () => {
    queue.is('failed', { attemptsMade: 1, processedOn: earlier, finishedOn: earlier + 5, failedReason: 'broken' });
    expect(await look()).toBe('failed 1');
    queue.is('completed', { attemptsMade: 2, processedOn: earlier + 10, finishedOn: earlier + 15, returnvalue: 'mended' });
    await follower.heardFailed('1', 'broken');
    expect(await stands()).toBe('completed 2');
    queue.is('failed', { attemptsMade: 3, processedOn: earlier + 20, finishedOn: earlier + 25, failedReason: 'broken again' });
    await follower.heardCompleted('1', 'mended');
    expect(await stands()).toBe('failed 3');
  });

  it('reads again where a job ends between two reads', async () => {
    queue.is('active');
    queue.onStateRead = () => queue.is('completed', { attemptsMade: 1, finishedOn: earlier, returnvalue: 'done' });
    expect(await look()).toBe('completed 1');
  });

  it('reads again where a try fails between two reads', async () => {
    queue.is('active');
    await look();
    queue.onStateRead = () => queue.is('waiting', { attemptsMade: 1, failedReason: 'broken' });
    expect(await look()).toBe('retrying 1');
  });

  it('does not show the percentage that a try before has left', async () => {
    queue.is('active', { attemptsMade: 1, progress: 90 });
    await look();
    expect(await standing()).toMatchObject({ progress: 0 });
    queue.is('active', { attemptsMade: 1, progress: 5 });
    await look();
    expect(await standing()).toMatchObject({ progress: 5, version: [2, 0, expect.anything(), expect.anything(), expect.anything()] });
  });

  it('forgets a job that is gone only when no event has told of its end for a minute', async () => {
    queue.is('active');
    await look();
    queue.job = undefined;
    await follower.lookFor('1');
    timing.advance(59_999);
    await follower.lookFor('1');
    expect(follower.unfinished()).toEqual(['1']);
    timing.advance(1);
    await follower.lookFor('1');
    expect(follower.unfinished()).toEqual([]);
    expect(await stands()).toBe('active 1');
  });

  it.each([
    ['is delayed from the beginning', { delay: 5_000 }, undefined, new Date(5_001).toISOString()],
    ['was delayed again, of which an event told', { delay: 5_000, processedOn: 3 }, 9_000, new Date(9_000).toISOString()],
    ['is delayed beyond the end of time', { delay: Number.MAX_SAFE_INTEGER }, undefined, undefined],
    ['was delayed again, of which no event told', { delay: 5_000, processedOn: 3 }, undefined, undefined],
  ])('shows until when a job waits that %s', async (_what, facts, heard, delayedUntil) => {
    queue.is('delayed', facts);
    await follower.look('1', heard);
    expect(await standing()).toMatchObject({ status: 'queued' });
    expect((await standing())?.delayedUntil).toBe(delayedUntil);
  });

  it.each([
    ['is released', 0, 'queued 1'],
    ['is released in a later try', 1, 'queued 2'],
  ])('shows until when a job waits that %s, though the event that tells it comes late', async (_what, attemptsMade, expected) => {
    const facts = { attemptsMade, processedOn: 3, ...(attemptsMade > 0 && { failedReason: 'broken before' }) };
    queue.is('active', facts);
    await look();
    queue.is('delayed', { ...facts, delay: 5_000 });
    expect(await look()).toBe(expected);
    await follower.look('1', 9_000);
    expect(await stands()).toBe(expected);
    const told = await standing();
    expect(told).toMatchObject({ stage: 'PROCESSING', delayedUntil: new Date(9_000).toISOString() });
    expect(await look()).toBe(expected);
    expect(await standing()).toEqual(told);
    queue.is('active', facts);
    await look();
    expect(await standing()).not.toHaveProperty('delayedUntil');
    queue.is('delayed', { ...facts, delay: 5_000 });
    expect(await look()).toBe(expected);
    expect(await standing()).not.toHaveProperty('delayedUntil');
  });

  it('keeps until when a try is retried, which an event has told, when it looks again', async () => {
    queue.is('active');
    await look();
    queue.is('delayed', { attemptsMade: 1, failedReason: 'broken', delay: 5_000, processedOn: 3 });
    await follower.look('1', 9_000);
    expect(await look()).toBe('retrying 1');
    expect(await standing()).toMatchObject({ delayedUntil: new Date(9_000).toISOString() });
  });

  it('says once that a job has begun', async () => {
    queue.is('active');
    await look();
    expect((await standing())?.version[3]).toBe(1);
  });

  it('shows a job that was removed unfinished as cancelled, and leaves a finished one alone', async () => {
    queue.is('waiting');
    await look();
    await follower.heardRemoved('1', 'completed');
    expect(await stands()).toBe('queued 1');
    await look();
    queue.job = undefined;
    await follower.heardRemoved('1', 'waiting');
    expect(await stands()).toBe('cancelled 1');
  });

  it.each([
    ['is larger than a job may show', 'x'.repeat(40_000)],
    ['is nested deeper than a job may show', Array.from({ length: 20 }).reduce<unknown>((inner) => [inner], 1)],
  ])('completes a job without its result where that %s, and says so', async (_what, returnvalue) => {
    queue.is('completed', { returnvalue, attemptsMade: 1, finishedOn: Date.now(), processedOn: earlier });
    expect(await look()).toBe('completed 1');
    expect((await standing())?.result).toBeUndefined();
    expect(errors.map(({ code, jobId }) => [code, jobId])).toEqual([['INVALID_PAYLOAD', 'pdf:1']]);
  });

  it('completes a job without its result where that is not as its contract says', async () => {
    open({ jobs: defineJob({ type: 'pdf', stages: ['PROCESSING'], result: z.object({ noteId: z.string() }) }) });
    queue.is('completed', { returnvalue: { note: 5 }, attemptsMade: 1, finishedOn: Date.now(), processedOn: earlier });
    expect(await look()).toBe('completed 1');
    expect((await standing())?.result).toBeUndefined();
  });
});
