import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { newJob } from '../testing/job-store-case.js';
import type { JobRecord } from './job-record.js';
import { MemoryJobStore } from './memory-job-store.js';
import { MirrorBehind } from './mirror-behind.js';

const recordOf = async (jobId: string): Promise<JobRecord> => (await new MemoryJobStore().insert(newJob({ jobId, userId: 'ada' })))!;

async function fixture(takes: (jobId: string) => boolean) {
  const timing = new ManualTiming();
  const calls: string[][] = [];
  const behind = new MirrorBehind(timing, async (records) => {
    const jobIds = records.map(({ snapshot }) => snapshot.jobId);
    calls.push(jobIds);
    return new Set(jobIds.filter((jobId) => !takes(jobId)));
  });
  const second = async (): Promise<void> => {
    timing.advance(1_000);
    await new Promise(setImmediate);
  };
  return { behind, calls, second, timing };
}

test('a record that the cache refuses is tried again alone, and given up after 10 times', async () => {
  const { behind, calls, second, timing } = await fixture((jobId) => jobId !== 'refused');
  await behind.mirror(await Promise.all(['a', 'refused', 'b'].map(recordOf)));
  for (let round = 0; round < 20; round++) await second();
  expect(calls).toEqual([['a', 'refused', 'b'], ...Array.from({ length: 9 }, () => ['refused'])]);
  expect(timing.pending).toBe(0);
});

test('a record that is refused alone is given up too, where the cache takes others meanwhile', async () => {
  const { behind, calls, second, timing } = await fixture((jobId) => jobId !== 'refused');
  await behind.mirror([await recordOf('refused')]);
  for (let round = 0; round < 20; round++) {
    await behind.mirror([await recordOf(`j${round}`)]);
    await second();
  }
  expect(calls.filter(([jobId]) => jobId === 'refused').length).toBeLessThan(15);
  expect(timing.pending).toBe(0);
});

test('a cache that takes nothing is away: everything waits for it', async () => {
  let isAway = true;
  const { behind, calls, second, timing } = await fixture(() => !isAway);
  await behind.mirror(await Promise.all(['a', 'b'].map(recordOf)));
  for (let round = 0; round < 100; round++) await second();
  isAway = false;
  await second();
  expect(calls.at(-1)).toEqual(['a', 'b']);
  expect(timing.pending).toBe(0);
});
