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
  const states: Pick<SharedStates, 'now' | 'read' | 'replace'> = {
    now: async () => timing.now(),
    async read(jobIds) {
      asked.push(...jobIds);
      const found = jobIds.map((jobId) => [jobId, kept.get(jobId) ?? { state: stateOfJob(jobId), revision: 'first' }] as const);
      return { now: timing.now(), kept: new Map(found) };
    },
    async replace(changes) {
      for (const { jobId, state, revision } of changes) kept.set(jobId, { state, revision });
      return { now: timing.now(), replaced: new Set(changes.map(({ jobId }) => jobId)) };
    },
  };
  return { states: states as SharedStates, asked };
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
