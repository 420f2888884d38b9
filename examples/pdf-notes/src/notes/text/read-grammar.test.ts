import { expect, test } from 'vitest';
import { readGrammar } from './read-grammar.js';

test.each([
  ['The moon pulls at the sea.', 'statement'],
  ['Newton explained the tides by gravity.', 'statement'],
  ['The water that covers the earth is moved by the moon.', 'statement'],
  ['When the moon is full, the tides are high.', 'statement'],
  ['Move the boat to the other side of the bay.', 'command'],
  ['A list which provides an overview of the tides.', 'fragment'],
  ['Tools for the measurement and prediction of tides.', 'fragment'],
  ['Returns the height of the tide in metres.', 'fragment'],
  ['The data collected by the buoys of the bay.', 'fragment'],
])('%s is a %s', (sentence, kind) => {
  expect(readGrammar(sentence).kind).toBe(kind);
});

test.each([
  ['jpn', '月の引力は海の水を引く。', 'statement'],
  ['jpn', '船を湾の反対側に移してください。', 'command'],
  ['jpn', '潮の満ち引きを測る道具。', 'fragment'],
  ['cmn', '请把船移到海湾的另一边。', 'command'],
  ['cmn', '月球的引力吸引海水。', 'statement'],
])('in %s, %s is a %s', (language, sentence, kind) => {
  expect(readGrammar(sentence, language).kind).toBe(kind);
});

test('a name is told from a verb that is written alike', () => {
  const sentence = 'Debian packages hold programs, and the kernel provides drivers for them.';
  const isName = (words: string) => readGrammar(sentence).isName(sentence.indexOf(words), sentence.indexOf(words) + words.length);
  expect([isName('drivers'), isName('kernel provides'), isName('programs')]).toEqual([true, false, true]);
});
