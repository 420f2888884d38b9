import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';

import { createFixture, FlakyStore } from '../../tests/emitter-fixture.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { ManualTiming } from '../testing/manual-timing.js';
import { bridgeQueueEvents, type BridgedQueueEvents, type QueueEventsBridge } from './bridge-queue-events.js';
import type { BridgedJob } from './bridged-queue.js';

let timing: ManualTiming;
let flaky: FlakyStore;
let events: EventEmitter;
let jobs: Map<string, BridgedJob>;
let bridge: QueueEventsBridge;
let faults: string[];
let fixture: ReturnType<typeof createFixture>;

const add = (id: string): void => void jobs.set(id, { id, name: 'notes', queueName: 'pdf', timestamp: 1, data: {}, opts: {}, attemptsMade: 0, progress: 0, returnvalue: null });

beforeEach(() => {
  timing = new ManualTiming();
  flaky = new FlakyStore(new MemoryJobStore({ timing }));
  events = new EventEmitter();
  jobs = new Map();
  faults = [];
  fixture = createFixture({ flaky, timing, throttle: { intervalMs: 0 } });
  const queue = { name: 'pdf', getJob: async (id: string) => jobs.get(id), getJobState: async (id: string) => (jobs.has(id) ? 'active' : 'unknown'), getJobs: async () => [] };
  bridge = bridgeQueueEvents(events as unknown as BridgedQueueEvents, queue, fixture.emitter, { userId: () => 'ada', timing, onError: ({ message }) => void faults.push(message) });
});

const pass = async (ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 500) {
    timing.advance(500);
    await new Promise(setImmediate);
  }
};
const shown = (id: string) => flaky.get(`pdf:${id}:1`);

/** The queue removes the job as it is done. */
const complete = (id: string): void => {
  jobs.delete(id);
  events.emit('completed', { jobId: id, returnvalue: `result of ${id}` });
};

describe('an end that the bridge hears while the store is away', () => {
  it.each(['refuses', 'hangs'] as const)('is stored once the store is back, however long that takes, and never replaced by VANISHED: the store %s', async (absence) => {
    add('1');
    events.emit('active', { jobId: '1' });
    await pass(1_000);
    expect(await shown('1')).toMatchObject({ status: 'active' });
    flaky.absence = absence;
    complete('1');
    await pass(120_000);
    flaky.absence = undefined;
    await pass(15_000);
    expect(await shown('1')).toMatchObject({ status: 'completed', result: 'result of 1' });
    expect(fixture.broadcaster.states.filter((state) => state === 'completed')).toHaveLength(1);
    await bridge.close();
  });

  it('is stored also where the store has never known the job', async () => {
    flaky.absence = 'refuses';
    add('1');
    events.emit('active', { jobId: '1' });
    await pass(1_000);
    complete('1');
    await pass(120_000);
    flaky.absence = undefined;
    await pass(15_000);
    expect(await shown('1')).toMatchObject({ status: 'completed', result: 'result of 1' });
    await bridge.close();
  });

  it('is named when the bridge is closed before the store has taken it', async () => {
    add('1');
    events.emit('active', { jobId: '1' });
    await pass(1_000);
    flaky.absence = 'refuses';
    complete('1');
    await pass(60_000);
    const closing = bridge.close();
    await pass(6_000);
    await closing;
    expect(faults.at(-1)).toContain('The ends of 1 jobs');
  });
});
