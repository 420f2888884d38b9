import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import type { Heartbeat, HeartbeatResult, JobStore, NotDecided } from '../store/job-store.js';
import type { JobEventsServerError } from '../server-errors.js';
import { Heartbeats, type LivingRun } from './heartbeats.js';
import { StoreClient } from './store-client.js';

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
      const alive = beats.map(({ jobId }): HeartbeatResult | NotDecided => (jobId === 'locked' ? { outcome: 'failed', cause: new Error('locked') } : { outcome: 'alive', cancelRequested: true }));
      return new Promise((resolve) => answers.push(() => resolve(alive)));
    },
  } as unknown as JobStore;
  const errors: JobEventsServerError[] = [];
  const heartbeats = new Heartbeats(new StoreClient({ store, timing, onError: (error) => errors.push(error) }), timing);
  return { timing, heartbeats, asked, answers, errors };
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

test('a job whose heartbeat cannot be stored takes no answer from the others, and is reported once', async () => {
  const { timing, heartbeats, answers, errors } = fixture();
  const heard: string[] = [];
  for (const jobId of ['a', 'locked', 'b']) heartbeats.add({ jobId, epoch: 1, onHeartbeat: ({ outcome }) => heard.push(`${jobId} ${outcome}`) });
  for (let beat = 0; beat < 2; beat++) {
    timing.advance(5_000);
    answers.shift()!();
    await settled();
  }
  expect(heard).toEqual(['a alive', 'b alive', 'a alive', 'b alive']);
  expect(errors.map(({ code, jobId }) => [code, jobId])).toEqual([['STORE_FAILED', 'locked']]);
  heartbeats.close();
});
