import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import type { JobEventsServerError } from '../server-errors.js';
import type { JobStore } from '../store/job-store.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { JobEventEmitterService } from './job-event-emitter-service.js';

const broadcaster = { to: () => ({ emit: () => undefined }) };

async function passing(timing: ManualTiming, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    timing.advance(100);
    await new Promise(setImmediate);
  }
}

function fixture() {
  const timing = new ManualTiming();
  const store: JobStore = new MemoryJobStore({ timing });
  const errors: JobEventsServerError[] = [];
  const emitter = new JobEventEmitterService({ broadcaster, store, timing, onError: (error) => errors.push(error) });
  return { timing, store, emitter, errors, codes: () => errors.map(({ code }) => code) };
}

test('a node of the store that refuses its jobs while others work is reported once, and its return once', async () => {
  const { timing, store, emitter, codes } = fixture();
  const write = store.write.bind(store);
  let isRefusing = true;
  // As a cluster of Redis does of which one node is out of memory.
  store.write = async (writes) => {
    if (!isRefusing || writes.every(({ snapshot }) => snapshot.jobId !== 'refused')) return write(writes);
    if (writes.length === 1) throw new Error('OOM');
    return (await write(writes)).map((result, index) => (writes[index]!.snapshot.jobId === 'refused' ? { outcome: 'failed', cause: new Error('OOM') } : result));
  };
  await Promise.all([emitter.run({ jobId: 'refused', userId: 'ada' }, async () => 1), passing(timing, 2_000)]);
  for (let second = 0; second < 20; second++) {
    await Promise.all([emitter.emitCompleted({ jobId: `fine-${second}`, userId: 'ada', result: 1 }), passing(timing, 1_000)]);
  }
  expect(codes()).toEqual(['STORE_FAILED']);
  isRefusing = false;
  await passing(timing, 5_000);
  await emitter.emitCompleted({ jobId: 'fine', userId: 'ada', result: 1 });
  expect(codes()).toEqual(['STORE_FAILED', 'STORE_RESTORED']);
  expect((await store.get(['refused']))[0]?.snapshot.status).toBe('completed');
});

test('runs that begin in an outage are counted in it: one alarm, and one that clears it', async () => {
  const { timing, store, emitter, errors } = fixture();
  const begin = store.begin.bind(store);
  store.begin = () => new Promise(() => undefined);
  const running = Promise.all(Array.from({ length: 50 }, (_, job) => emitter.run({ jobId: `j${job}`, userId: 'ada' }, async () => job)));
  await passing(timing, 3_000);
  await running;
  expect(errors.map(({ code }) => code)).toEqual(['STORE_FAILED']);
  expect(errors[0]!.message).toContain('Job j0 begins without the store');
  store.begin = begin;
  await passing(timing, 45_000);
  await emitter.emitCompleted({ jobId: 'another', userId: 'ada', result: 1 });
  expect(errors.map(({ code }) => code)).toEqual(['STORE_FAILED', 'STORE_RESTORED']);
  expect(errors[1]!.message).toContain('50 jobs began without it.');
});
