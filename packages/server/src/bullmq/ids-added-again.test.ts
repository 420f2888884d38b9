import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { JobEventEmitterService } from '../emitter/index.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { ManualTiming } from '../testing/manual-timing.js';
import { bridgeQueueEvents, type QueueEventsBridge } from './bridge-queue-events.js';
import type { BridgedJob, BridgedQueue } from './bridged-queue.js';

/** A queue of which one id is used again and again. Its events come when the test says so. */
class QueueOfOneId implements BridgedQueue<BridgedJob> {
  readonly name = 'pdf';
  #job: BridgedJob | undefined;
  #state = 'unknown';
  isAway = false;

  async getJob(): Promise<BridgedJob | undefined> {
    if (this.isAway) throw new Error('connection lost');
    return this.#job;
  }
  async getJobState(): Promise<string> {
    return this.#state;
  }
  async getJobs(): Promise<BridgedJob[]> {
    return [];
  }
  has(user: string, timestamp: number, state = 'waiting', facts: Partial<BridgedJob> = {}): void {
    this.#state = state;
    this.#job = { id: '1', name: 'notes', queueName: 'pdf', timestamp, data: { user }, opts: {}, attemptsMade: 0, stalledCounter: 0, progress: 0, returnvalue: null, ...facts };
  }
  isEmpty(): void {
    this.#job = undefined;
    this.#state = 'unknown';
  }
}

let queue: QueueOfOneId;
let events: EventEmitter;
let store: MemoryJobStore;
let timing: ManualTiming;
let bridge: QueueEventsBridge;
let isStoreAway: boolean;
beforeEach(() => {
  queue = new QueueOfOneId();
  events = new EventEmitter();
  store = new MemoryJobStore();
  timing = new ManualTiming();
  isStoreAway = false;
  const { write } = store;
  store.write = (writes) => (isStoreAway ? Promise.reject(new Error('away')) : write.call(store, writes));
  const emitter = new JobEventEmitterService({ store, timing, broadcaster: { to: () => ({ emit: () => undefined }) }, throttle: { intervalMs: 0 }, onError: () => undefined });
  const userOf = ({ data }: BridgedJob): string => (data as { user: string }).user;
  bridge = bridgeQueueEvents(events as never, queue, emitter, { timing, userId: userOf, everyMs: 3_600_000, scanEveryMs: 3_600_000, onError: () => undefined });
});
afterEach(() => bridge.close());

const settle = async (rounds = 50): Promise<void> => {
  for (let round = 0; round < rounds; round++) await new Promise(setImmediate);
};
/** Long enough for ends that wait for the store to be given up. */
const giveUp = async (): Promise<void> => {
  for (let passed = 0; passed < 70; passed++) {
    await settle(5);
    timing.advance(1_000);
  }
  await settle();
};
const hear = (event: string, facts: object = {}): void => void events.emit(event, { jobId: '1', ...facts });
const heard = async (event: string, facts: object = {}): Promise<void> => {
  hear(event, facts);
  await settle();
};

/** How the job of this creation time is shown: its owner, status, result. */
async function shown(timestamp: number): Promise<unknown[] | undefined> {
  const [record] = await store.get([`pdf:1:${timestamp}`]);
  return record && [record.userId, record.snapshot.status, record.snapshot.result];
}

describe('an id of the queue that is added again', () => {
  it("does not give the result of a job that nobody saw to the former user", async () => {
    queue.has('ada', 1);
    await heard('added');
    timing.advance(60_000);
    queue.isEmpty();
    hear('added');
    await heard('completed', { returnvalue: 'of bob' });
    expect(await shown(1)).toEqual(['ada', 'queued', undefined]);
  });

  it.each([
    ['the reason of a failure', 'failed', { failedReason: 'of bob' }, ['ada', 'queued', undefined]],
    ['progress', 'progress', { data: { progress: 50, message: 'of bob' } }, ['ada', 'queued', undefined]],
    ['the removal', 'removed', { prev: 'waiting' }, ['ada', 'queued', undefined]],
    ['a stall', 'stalled', {}, ['ada', 'queued', undefined]],
  ])('does not give %s of the later job to the former user', async (_what, event, facts, expected) => {
    queue.has('ada', 1);
    await heard('added');
    timing.advance(60_000);
    queue.isEmpty();
    hear('added');
    await heard(event, facts);
    expect(await shown(1)).toEqual(expected);
  });

  it('does not give the end of a job that nobody saw to the later one', async () => {
    queue.has('bob', 2, 'active');
    hear('added');
    hear('completed', { returnvalue: 'of ada' });
    await heard('added');
    expect(await shown(2)).toEqual(['bob', 'active', undefined]);
    queue.isEmpty();
    await heard('completed', { returnvalue: 'of bob' });
    expect(await shown(2)).toEqual(['bob', 'completed', 'of bob']);
  });

  it('gives no end to a job that may be either, where both are gone before their events come', async () => {
    queue.has('bob', 2, 'active');
    await heard('added');
    queue.isEmpty();
    hear('completed', { returnvalue: 'of ada' });
    hear('added');
    await heard('completed', { returnvalue: 'of bob' });
    expect(await shown(2)).toEqual(['bob', 'active', undefined]);
  });

  it('gives no end to the second of three jobs that may be of the first', async () => {
    queue.has('bob', 2, 'active');
    await heard('added');
    queue.has('eve', 3, 'active');
    hear('completed', { returnvalue: 'of ada' });
    hear('added');
    await heard('added');
    expect([await shown(2), await shown(3)]).toEqual([['bob', 'active', undefined], ['eve', 'active', undefined]]);
  });

  it('gives the end of a quick job to it where the next one is found', async () => {
    queue.has('ada', 1, 'active');
    await heard('added');
    queue.has('bob', 2, 'active');
    hear('completed', { returnvalue: 'of ada' });
    await heard('added');
    expect([await shown(1), await shown(2)]).toEqual([['ada', 'completed', 'of ada'], ['bob', 'active', undefined]]);
  });

  it('gives each end to its job where the events of several come at once', async () => {
    queue.has('ada', 1, 'active');
    await heard('added');
    timing.advance(60_000);
    queue.has('bob', 2, 'active');
    hear('completed', { returnvalue: 'of ada' });
    await heard('added');
    queue.isEmpty();
    await heard('completed', { returnvalue: 'of bob' });
    expect([await shown(1), await shown(2)]).toEqual([['ada', 'completed', 'of ada'], ['bob', 'completed', 'of bob']]);
  });

  it('takes an `added` that comes late for the job that was found before, where the queue still has it', async () => {
    queue.has('ada', 1);
    await heard('waiting');
    await heard('added');
    queue.isEmpty();
    await heard('completed', { returnvalue: 'of ada' });
    expect(await shown(1)).toEqual(['ada', 'completed', 'of ada']);
  });

  it('leaves a job alone whose id the queue still has when the removal of a former one is told', async () => {
    queue.has('ada', 1);
    await heard('added');
    await heard('removed', { prev: 'waiting' });
    expect(await shown(1)).toEqual(['ada', 'queued', undefined]);
  });

  it('keeps the end of each job until the store takes it', async () => {
    queue.has('ada', 1, 'active');
    await heard('added');
    timing.advance(60_000);
    isStoreAway = true;
    queue.has('bob', 2, 'active');
    hear('completed', { returnvalue: 'of ada' });
    hear('added');
    await giveUp();
    queue.isEmpty();
    hear('completed', { returnvalue: 'of bob' });
    await giveUp();
    isStoreAway = false;
    await bridge.reconcile();
    expect([await shown(1), await shown(2)]).toEqual([['ada', 'completed', 'of ada'], ['bob', 'completed', 'of bob']]);
  });

  it('asks the queue about an end that was heard while the queue was away, and gives it to no later job', async () => {
    queue.isAway = true;
    hear('added');
    await heard('completed', { returnvalue: 'of ada' });
    queue.isAway = false;
    queue.has('bob', 2);
    await heard('added');
    queue.isEmpty();
    await bridge.reconcile();
    expect(await shown(2)).toEqual(['bob', 'queued', undefined]);
  });
});
