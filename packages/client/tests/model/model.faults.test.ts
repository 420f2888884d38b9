import { expect, test } from 'vitest';
import { COSTLY } from './directed.js';
import { play } from './histories.js';
import { allBut, allRules, RULES } from './rules.js';

test('more ends than a tab remembers are told once each, also after a new connection and a reload', async () => {
  for (const history of COSTLY) expect((await play(history, allRules)).cases).toEqual([]);
});

test(`without rule 6 (${RULES[6]}): an end was told twice`, async () => {
  for (const history of COSTLY) expect(await play(history, allBut(6)).then(({ broken }) => [...broken])).toContain('an end was told twice');
});
