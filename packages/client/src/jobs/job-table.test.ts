import { expect, test } from 'vitest';
import { createVirtualClock } from '../testing/virtual-clock.js';
import { createJobTable } from './job-table.js';

test('a job that ended at a fraction of a millisecond leaves the list when its time is over', async () => {
  const clock = createVirtualClock();
  await clock.advance(0.1);
  const table = createJobTable({ timing: clock, finishedMs: 600_000, onChange: () => {} });
  const timestamp = new Date(0).toISOString();
  table.apply({ jobId: 'a', status: 'cancelled', stage: 'CANCELLED', progress: 0, version: [1, 2, 1, 1], createdAt: timestamp, timestamp }, true);
  table.notify();
  await clock.advance('9m');
  expect(table.list()).toHaveLength(1);
  await clock.advance('61s');
  expect([table.list(), clock.pending]).toEqual([[], 0]);
});
