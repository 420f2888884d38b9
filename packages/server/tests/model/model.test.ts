import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIRECTED } from './directed-schedules.js';
import { allBut, allRules, RULES, type Rule } from './rules.js';
import { play, schedules } from './schedules.js';

test('with all rules no schedule of faults breaks a promise', () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect([...play(schedule, allRules).judge()]).toEqual([]);
    }),
    { numRuns: 3_000, examples: DIRECTED.map((schedule) => [schedule]) },
  );
});

/** What each rule is there for: without it the model finds a schedule that breaks this promise. */
const BREAKS: Readonly<Record<Rule, string>> = {
  1: 'a run that was overtaken was believed',
  2: 'progress from outside disturbed a run',
  3: 'a job that had begun is queued again',
  4: 'an end was told that was never stored',
  5: 'an end was told that was never stored',
  6: 'the end of the last run was lost',
  7: 'progress was seen to fall',
  8: 'a client shows something else than the store',
  9: 'a client shows something else than the store',
  10: 'a job that its queue has done never ends',
  11: 'a client shows something else than the store',
  12: 'progress that its reporter believes stored was lost',
  13: 'somebody else’s state was shown',
  14: 'somebody else’s state was shown',
  15: 'a client shows something else than the store',
  16: 'somebody else’s state was shown',
  17: 'a living run was ended as lost',
  18: 'a job whose worker is gone never ends',
  19: 'the end of the last run was lost',
  20: 'a living run was ended as lost',
  21: 'a job was cancelled for another one of its id',
  22: 'an end was told of another job of its id',
};

for (const rule of Object.keys(RULES).map(Number) as Rule[]) {
  test(`without rule ${rule} (${RULES[rule]}): ${BREAKS[rule]}`, () => {
    const keepsPromise = fc.property(schedules, (schedule) => !play(schedule, allBut(rule)).judge().has(BREAKS[rule]));
    const { failed, counterexample } = fc.check(keepsPromise, { numRuns: 20_000, seed: 1, examples: DIRECTED.map((schedule) => [schedule]) });
    expect(failed).toBe(true);
    const [found] = counterexample!;
    expect([...play(found, allRules).judge()]).toEqual([]);
  });
}

test('schedules reach what is hard: runs that overtake one another, late beginnings, every end', () => {
  const worlds = fc.sample(schedules, { numRuns: 2_000, seed: 1 }).map((schedule) => play(schedule, allRules));
  const share = (holds: (world: ReturnType<typeof play>) => boolean): number => worlds.filter(holds).length / worlds.length;
  expect(share(({ witness }) => witness.runs.size > 1)).toBeGreaterThan(0.05);
  for (const status of ['retrying', 'completed', 'failed', 'cancelled'])
    expect(share(({ clients }) => clients.some(({ told }) => told.some((end) => end.endsWith(status))))).toBeGreaterThan(0.02);
  expect(share(({ witness }) => witness.seen.has('next step'))).toBeGreaterThan(0.002);
  expect(share(({ witness }) => witness.seen.has('put back'))).toBeGreaterThan(0.002);
});
