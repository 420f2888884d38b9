import { expect, test } from 'vitest';
import { displayName } from './read-upload.js';

test.each([
  ['paper.pdf', 'paper.pdf'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\ada\\paper.pdf', 'paper.pdf'],
  ['Übersicht 講義.pdf', 'Übersicht 講義.pdf'],
  ['a\u0000b\u202Egpj.pdf', 'abgpj.pdf'],
  ['/', 'document.pdf'],
  ['', 'document.pdf'],
])('a file called %j is shown as %j', (original, shown) => {
  expect(displayName(original)).toBe(shown);
});

test('a name of any length is shown with at most 200 characters', () => {
  expect(Array.from(displayName('😀'.repeat(1_000)))).toHaveLength(200);
});
