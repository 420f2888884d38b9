import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allBut, allRules, RULES, type Rule } from './rules.js';
import { play, schedules, type Step } from './schedules.js';

/** Somebody else ends the attempt of a run that has not heard yet that it has begun, and begins the next. */
const ENDED_BEFORE_ITS_CLAIM_IS_ANSWERED: readonly Step[] = [
  ['finishOutside', 0, 44], ['loseAnswer', 0, 0], ['take', 0, 0], ['finish', 0, 0], ['storeEndOutside', 0, 0], ['reportOutside', 0, 0], ['announce', 0, 0],
];

/**
 * Two reporters by turns. What the second says under its older epoch is stored while the first's newer one is only cached;
 * its answer is lost, and so is its process. The first one's version would then name two percentages.
 */
const NEWER_EPOCH_ONLY_CACHED: readonly Step[] = [
  ['reportOutside', 0, 8], ['reportOutside', 1, 16], ['reportOutside', 0, 60], ['writeOutside', 0, 0], ['reportOutside', 1, 70],
  ['loseAnswer', 0, 0], ['writeOutside', 1, 0], ['crashOutside', 1, 0], ['stepClock', 1, 0],
];

/** The second reporter does not see what the cache has of the first one, which believes it stored. */
const CACHED_PROGRESS_OVERTAKEN: readonly Step[] = [
  ['reportOutside', 0, 8], ['reportOutside', 0, 60], ['writeOutside', 0, 0], ['cacheMisses', 0, 0], ['reportOutside', 1, 16], ['cacheHears', 0, 0],
];

/** An end is prepared, a run begins, the store loses both, and then the end is stored. */
const PREPARED_BEFORE_A_LOSS: readonly Step[] = [
  ['finishOutside', 0, 0], ['take', 0, 0], ['crash', 0, 0], ['wipe', 0, 0], ['storeEndOutside', 0, 0],
];

/** Played besides the random schedules, which seldom do so much in this order. */
const DIRECTED: readonly [readonly Step[]][] = [[ENDED_BEFORE_ITS_CLAIM_IS_ANSWERED], [NEWER_EPOCH_ONLY_CACHED], [CACHED_PROGRESS_OVERTAKEN], [PREPARED_BEFORE_A_LOSS]];

test('with all rules no schedule of faults breaks a promise', () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      expect([...play(schedule, allRules).judge()]).toEqual([]);
    }),
    { numRuns: 3_000, examples: [...DIRECTED] },
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
};

for (const rule of Object.keys(RULES).map(Number) as Rule[]) {
  test(`without rule ${rule} (${RULES[rule]}): ${BREAKS[rule]}`, () => {
    const keepsPromise = fc.property(schedules, (schedule) => !play(schedule, allBut(rule)).judge().has(BREAKS[rule]));
    const { failed, counterexample } = fc.check(keepsPromise, { numRuns: 20_000, seed: 1, examples: [...DIRECTED] });
    expect(failed).toBe(true);
    const [found] = counterexample!;
    expect([...play(found, allRules).judge()]).toEqual([]);
  });
}

test('schedules reach what is hard: runs that overtake one another, late beginnings, every end', () => {
  const worlds = fc.sample(schedules, { numRuns: 1_000, seed: 1 }).map((schedule) => play(schedule, allRules));
  const share = (holds: (world: ReturnType<typeof play>) => boolean): number => worlds.filter(holds).length / worlds.length;
  expect(share(({ witness }) => witness.runs.size > 1)).toBeGreaterThan(0.05);
  for (const status of ['retrying', 'completed', 'failed', 'cancelled'])
    expect(share(({ clients }) => clients.some(({ told }) => told.some((end) => end.endsWith(status))))).toBeGreaterThan(0.02);
  expect(share(({ witness }) => witness.seen.has('next step'))).toBeGreaterThan(0.002);
  expect(share(({ witness }) => witness.seen.has('put back'))).toBeGreaterThan(0.002);
});
