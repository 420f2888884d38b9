import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { stateOf } from '../testing/job-store-case.js';
import type { JobState } from './job-state.js';
import { OptimisticChanges } from './optimistic-changes.js';
import type { KeptState, SharedStates } from './shared-states.js';

/** A database in memory that says which jobs it was asked for. */
function database(timing: ManualTiming, stateOfJob: (jobId: string) => JobState) {
  const kept = new Map<string, KeptState>();
  const asked: string[] = [];
  const locked = new Set<string>();
  const states: Pick<SharedStates, 'now' | 'read' | 'replace'> = {
    now: async () => timing.now(),
    async read(jobIds) {
      asked.push(...jobIds);
      const found = jobIds.map((jobId) => [jobId, kept.get(jobId) ?? { state: stateOfJob(jobId), revision: 'first' }] as const);
      return { now: timing.now(), kept: new Map(found) };
    },
    async replace(changes) {
      const free = changes.filter(({ jobId }) => !locked.has(jobId));
      for (const { jobId, state, revision } of free) kept.set(jobId, { state, revision });
      return { now: timing.now(), replaced: new Set(free.map(({ jobId }) => jobId)) };
    },
  };
  return { states: states as SharedStates, asked, locked };
}

const recordOf = (jobId: string, status: 'active' | 'completed'): JobState => ({
  record: { userId: 'u1', snapshot: stateOf(jobId, status, [1, 1, 1]), changedAt: 0 },
  fence: { userId: 'u1', epoch: 1 },
});

const leave = (): { result: undefined } => ({ result: undefined });
const rewrite = (state: JobState): { result: undefined; next: JobState } => ({ result: undefined, next: state });

test('a state that was read is remembered, and written without another read', async () => {
  const timing = new ManualTiming();
  const { states, asked } = database(timing, (jobId) => recordOf(jobId, 'active'));
  const changes = new OptimisticChanges(states, timing);
  await changes.change('j1', leave);
  await changes.change('j1', rewrite);
  expect(asked).toEqual(['j1']);
});

test('what is remembered is bounded, also of jobs that were read and left as they are', async () => {
  const timing = new ManualTiming();
  const { states, asked } = database(timing, (jobId) => recordOf(jobId, 'active'));
  const changes = new OptimisticChanges(states, timing);
  await changes.change('first', leave);
  await Promise.all(Array.from({ length: 10_000 }, (_, index) => changes.change(`j${index}`, leave)));
  await changes.change('first', rewrite);
  expect(asked.filter((jobId) => jobId === 'first')).toHaveLength(2);
});

test('a job that has ended is not remembered for having been looked at', async () => {
  const timing = new ManualTiming();
  const { states, asked } = database(timing, (jobId) => recordOf(jobId, 'completed'));
  const changes = new OptimisticChanges(states, timing);
  await changes.change('j1', leave);
  await changes.change('j1', rewrite);
  expect(asked).toEqual(['j1', 'j1']);
});

test('a job that somebody keeps locked holds up no other, and its requests keep their order', async () => {
  const timing = new ManualTiming();
  const { states, locked } = database(timing, (jobId) => recordOf(jobId, 'active'));
  locked.add('locked');
  const changes = new OptimisticChanges(states, timing);
  const done: string[] = [];
  const change = (jobId: string, name: string, patienceMs?: number) => changes.change(jobId, rewrite, patienceMs).then(() => done.push(name), () => done.push(`${name} given up`));
  const all = [change('locked', 'first', 500), change('locked', 'second')];
  await change('free', 'free');
  for (let ms = 0; ms < 500; ms += 50) {
    await change('free', 'free');
    timing.advance(50);
  }
  await all[0];
  all.push(change('locked', 'third'));
  expect([...new Set(done)]).toEqual(['free', 'first given up']);
  locked.clear();
  timing.advance(50);
  await Promise.all(all);
  expect([...new Set(done)]).toEqual(['free', 'first given up', 'second', 'third']);
  expect(timing.pending).toBe(0);
});

test('a job that stays locked is given up after 3 s', async () => {
  const timing = new ManualTiming();
  const { states, locked } = database(timing, (jobId) => recordOf(jobId, 'active'));
  locked.add('locked');
  const changes = new OptimisticChanges(states, timing);
  const given = changes.change('locked', rewrite).catch((error: Error) => error.message);
  let isSettled = false;
  void given.then(() => (isSettled = true));
  for (let ms = 0; ms < 2_950; ms += 50) {
    await changes.change('free', leave);
    timing.advance(50);
  }
  expect(isSettled).toBe(false);
  for (let ms = 0; ms < 200; ms += 50) {
    await changes.change('free', leave);
    timing.advance(50);
  }
  expect(await given).toMatch(/Others change job locked .*keep its row locked/);
});

test('what the database could not read or replace of one job takes no answer from the others', async () => {
  const timing = new ManualTiming();
  const { states } = database(timing, (jobId) => recordOf(jobId, 'active'));
  const lost = new Error('lost');
  const changes = new OptimisticChanges({
    ...states,
    read: async (jobIds) => ({ ...(await states.read(jobIds)), failed: new Map(jobIds.includes('unread') ? [['unread', lost]] : []) }),
    replace: async (asked) => {
      const { now, replaced } = await states.replace(asked);
      return { now, replaced: new Set([...replaced].filter((jobId) => jobId !== 'unreplaced')), failed: new Map(replaced.has('unreplaced') ? [['unreplaced', lost]] : []) };
    },
  }, timing);
  const settled = await Promise.allSettled(['j1', 'unread', 'unreplaced', 'j2'].map((jobId) => changes.change(jobId, rewrite)));
  expect(settled.map((one) => (one.status === 'rejected' ? one.reason : one.status))).toEqual(['fulfilled', lost, lost, 'fulfilled']);
});
