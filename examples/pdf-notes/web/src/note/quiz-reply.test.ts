import { expect, test } from 'vitest';

import { scoreOf, scoreSentence, type Reply } from './quiz-reply.js';

const open: Reply = { state: 'open' };
const shown: Reply = { state: 'shown' };
const chosen = (choice: string): Reply => ({ state: 'chosen', choice });

test.each<[string, readonly Reply[]]>([
  ['3 questions', [open, open, open]],
  ['1 of 3 answered, 1 right', [chosen('a'), open, open]],
  ['2 of 3 answered, 1 right', [chosen('a'), shown, open]],
  ['2 of 3 right', [chosen('a'), chosen('x'), chosen('c')]],
  ['All 3 right', [chosen('a'), chosen('b'), chosen('c')]],
])('%s', (sentence, replies) => {
  expect(scoreSentence(scoreOf(replies, ['a', 'b', 'c']), 3)).toBe(sentence);
});
