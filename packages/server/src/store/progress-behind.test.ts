import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { stateOf } from '../testing/job-store-case.js';
import type { StateWrite } from './job-store.js';
import { ProgressBehind } from './progress-behind.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const progress = (jobId: string, seq: number): StateWrite => ({ userId: 'u1', by: 'run', snapshot: stateOf(jobId, 'active', [1, 1, seq]) });

/** A durable store that answers when it is told to. */
function durable(timing: ManualTiming) {
  const answers: ((error?: Error) => void)[] = [];
  const written: string[] = [];
  const behind = new ProgressBehind(timing, async (writes) => {
    written.push(...writes.map(({ snapshot: { jobId, version } }) => `${jobId} ${version[3]}`));
    await new Promise<void>((resolve, reject) => answers.push((error) => (error === undefined ? resolve() : reject(error))));
    return writes.filter(({ snapshot: { jobId } }) => jobId === 'locked');
  }, () => undefined);
  return { behind, written, answers };
}

test('the newest progress of each job goes along with the others, once', async () => {
  const timing = new ManualTiming();
  const { behind, written, answers } = durable(timing);
  for (const write of [progress('a', 1), progress('b', 1), progress('a', 3), progress('a', 2)]) behind.add(write);
  timing.advance(5_000);
  answers[0]!();
  await settled();
  timing.advance(60_000);
  expect(written).toEqual(['a 3', 'b 1']);
});

test('progress that came while the durable store was failing is written later, also if nothing more is said', async () => {
  const timing = new ManualTiming();
  const { behind, written, answers } = durable(timing);
  behind.add(progress('a', 1));
  timing.advance(5_000);
  behind.add(progress('a', 2));
  answers[0]!(new Error('It is away.'));
  await settled();
  timing.advance(10_000);
  expect(written).toEqual(['a 1', 'a 2']);
});

test('progress that the durable store could not decide is written again, alone', async () => {
  const timing = new ManualTiming();
  const { behind, written, answers } = durable(timing);
  for (const jobId of ['a', 'locked']) behind.add(progress(jobId, 1));
  timing.advance(5_000);
  answers[0]!();
  await settled();
  expect(behind.isEmpty).toBe(false);
  timing.advance(5_000);
  expect(written).toEqual(['a 1', 'locked 1', 'locked 1']);
});
