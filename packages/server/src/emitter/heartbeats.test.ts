import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import type { Heartbeat, HeartbeatResult, JobStore } from '../store/job-store.js';
import { Heartbeats, type LivingRun } from './heartbeats.js';
import { StoreContact } from './store-contact.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const run = (jobId: string): LivingRun => ({ jobId, epoch: 1, onHeartbeat: () => undefined });

/** A store that answers a sign of life when it is told to. */
function fixture() {
  const timing = new ManualTiming();
  const asked: string[][] = [];
  const answers: (() => void)[] = [];
  const store = {
    heartbeat: (beats: readonly Heartbeat[]) => {
      asked.push(beats.map(({ jobId }) => jobId));
      const alive: HeartbeatResult[] = beats.map(() => ({ outcome: 'alive', cancelRequested: false }));
      return new Promise((resolve) => answers.push(() => resolve(alive)));
    },
  } as unknown as JobStore;
  const heartbeats = new Heartbeats(new StoreContact({ store, timing, onError: () => undefined }), timing);
  return { timing, heartbeats, asked, answers };
}

test('all runs give their signs of life in one round trip, every 5 s', async () => {
  const { timing, heartbeats, asked, answers } = fixture();
  heartbeats.add(run('a'));
  heartbeats.add(run('b'));
  for (let beat = 0; beat < 3; beat++) {
    timing.advance(5_000);
    answers.shift()!();
    await settled();
  }
  expect(asked).toEqual([['a', 'b'], ['a', 'b'], ['a', 'b']]);
});

test('a run that begins while the last sign of life is on its way does not make them come twice as often', async () => {
  const { timing, heartbeats, asked, answers } = fixture();
  const first = run('a');
  heartbeats.add(first);
  timing.advance(5_000);
  heartbeats.remove(first);
  const second = run('b');
  heartbeats.add(second);
  answers.shift()!();
  await settled();
  asked.length = 0;
  timing.advance(5_000);
  expect(asked).toEqual([['b']]);
  answers.shift()!();
  await settled();
  heartbeats.remove(second);
  expect(timing.pending).toBe(0);
});

test('nothing is left running once they are closed amid a sign of life', async () => {
  const { timing, heartbeats, answers } = fixture();
  heartbeats.add(run('a'));
  timing.advance(5_000);
  heartbeats.close();
  answers.shift()!();
  await settled();
  expect(timing.pending).toBe(0);
});
