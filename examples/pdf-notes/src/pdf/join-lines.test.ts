import { expect, test } from 'vitest';
import { joinLines, wordsWithin } from './join-lines.js';

const join = (lines: readonly string[], elsewhere = '') => joinLines(lines, wordsWithin([`… ${elsewhere} …`, ...lines]));

test.each([
  ['lines have a space between', ['the moon', 'and the sea'], 'the moon and the sea'],
  ['Chinese and Japanese lines have none', ['月の引力が', '海を引く。'], '月の引力が海を引く。'],
  ['nor do they have where another script meets them, but that one has', ['月と', 'the sea'], '月と the sea'],
  ['a broken word is made whole', ['the gravi-', 'tation of the moon'], 'the gravitation of the moon'],
  ['a soft hyphen goes', ['the gravi\u00AD', 'tation of the moon'], 'the gravitation of the moon'],
  ['a name keeps its hyphen', ['written in S-', 'Plus'], 'written in S-Plus'],
  ['a dash at the end of a line stays one', ['the sea -', 'and the moon'], 'the sea - and the moon'],
])('%s', (_, lines, joined) => {
  expect(join(lines)).toBe(joined);
});

test('a compound that the document writes with a hyphen elsewhere keeps it', () => {
  expect(join(['a semi-', 'diurnal tide'], 'the semi-diurnal tide')).toBe('a semi-diurnal tide');
  expect(join(['a semi-', 'diurnal tide'], 'the semidiurnal tide')).toBe('a semidiurnal tide');
});
