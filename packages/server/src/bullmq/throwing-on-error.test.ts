import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFixture } from '../../tests/emitter-fixture.js';
import { ManualTiming } from '../../tests/manual-timing.js';
import { bridgeQueueEvents, type BridgedQueueEvents } from './bridge-queue-events.js';
import type { BridgedJob, BridgedQueue } from './bridged-queue.js';
import { followWorker, type FollowedWorker } from './follow-worker.js';

const unhandled: unknown[] = [];
const keep = (reason: unknown): number => unhandled.push(reason);
const onError = (): never => {
  throw new Error('Nobody can be told.');
};

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', keep);
});
afterEach(() => void process.off('unhandledRejection', keep));

/** A queue that is away until it is told to be there. */
function queue() {
  const state = { isAway: true, asked: 0 };
  const answer = async <T>(found: T): Promise<T> => {
    state.asked++;
    if (state.isAway) throw new Error('The queue is away.');
    return found;
  };
  const bridged: BridgedQueue<BridgedJob> = {
    name: 'pdf',
    getJob: () => answer(undefined),
    getJobState: () => answer('unknown'),
    getJobs: () => answer([]),
  };
  return { state, bridged };
}

test('an onError that throws neither ends the process nor stops a bridge from asking the queue', async () => {
  const timing = new ManualTiming();
  const events = new EventEmitter();
  const { state, bridged } = queue();
  const bridge = bridgeQueueEvents(events as unknown as BridgedQueueEvents, bridged, createFixture().emitter, { userId: () => 'u1', onError, timing });
  events.emit('active', { jobId: '1' });
  await vi.waitFor(() => expect(timing.pending).toBe(1));
  state.isAway = false;
  state.asked = 0;
  timing.advance(10_000);
  await vi.waitFor(() => expect(state.asked).toBeGreaterThan(0));
  await bridge.close();
  expect(unhandled).toEqual([]);
});

test('an onError that throws does not end the process of a worker that is followed', async () => {
  const worker = Object.assign(new EventEmitter(), { name: 'pdf' });
  const userId = (): never => {
    throw new Error('Whose is it?');
  };
  const stop = followWorker(worker as unknown as FollowedWorker<unknown>, createFixture().emitter, { userId, onError });
  worker.emit('failed', { id: '1', queueName: 'pdf', finishedOn: 1 }, new Error('It broke.'));
  await stop();
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});
