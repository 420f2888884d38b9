import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIRECTED } from './directed.js';
import { histories, play, type History } from './histories.js';
import { allBut, allRules, RULES, type Rule } from './rules.js';
import type { ClientPromise } from './witness.js';

const examples: [History][] = DIRECTED.map((history) => [history]);

test('with all rules no history of faults breaks a promise', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      expect((await play(history, allRules)).cases).toEqual([]);
    }),
    { numRuns: 1_000, examples },
  );
});

/** What each rule is there for: without it the model finds a history that breaks this promise. Rule 6 takes long: `model.faults.test.ts`. */
const BREAKS: Readonly<Record<Exclude<Rule, 6>, ClientPromise>> = {
  1: 'a view went back',
  2: 'an end was told twice',
  3: 'an end was told twice',
  4: 'a tab took over what another one tracked',
  5: 'a tab took over what another one tracked',
  7: 'the job of another user was shown',
  8: 'what the server allows was given up',
  9: 'no connection although the server is reachable',
  10: 'no connection although the server is reachable',
  11: 'what the server allows was given up',
  12: 'a client shows something else than the server',
  13: 'a client shows something else than the server',
  14: 'over HTTP a job was not seen in time',
  15: 'no connection although the server is reachable',
  16: 'a client shows something else than the server',
};

for (const rule of Object.keys(BREAKS).map(Number) as (keyof typeof BREAKS)[]) {
  test(`without rule ${rule} (${RULES[rule]}): ${BREAKS[rule]}`, { timeout: 300_000 }, async () => {
    for (const history of DIRECTED) if ((await play(history, allBut(rule))).broken.has(BREAKS[rule])) return;
    const keepsPromise = fc.asyncProperty(histories, async (history) => !(await play(history, allBut(rule))).broken.has(BREAKS[rule]));
    const { failed } = await fc.check(keepsPromise, { numRuns: 1_000, seed: 1, endOnFailure: true });
    expect(failed).toBe(true);
  });
}
