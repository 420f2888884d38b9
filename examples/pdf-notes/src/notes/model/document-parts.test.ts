import { expect, test } from 'vitest';
import { documentOf } from '../../../tests/documents/documents.js';
import { documentParts } from './document-parts.js';

const paragraph = (length: number) => 'The moon pulls at the sea. '.repeat(Math.ceil(length / 27)).slice(0, length).trim();

test('a short document is one part, with its headings', () => {
  expect(documentParts(documentOf('# Tides\nThe moon pulls.\n## Mounds\nThe sea rises.'))).toEqual(['# Tides\n\nThe moon pulls.\n\n## Mounds\n\nThe sea rises.']);
});

test('a part ends before a heading where one is near', () => {
  const parts = documentParts(documentOf(['# One', paragraph(13_000), '# Two', paragraph(2_000), '# Three', paragraph(500)].join('\n')));
  expect(parts.map((part) => part.match(/# \w+/g))).toEqual([['# One'], ['# Two', '# Three']]);
});

test('all of the text is in the parts, and a book has no more than about forty', () => {
  const blocks = Array.from({ length: 900 }, (_, index) => `Paragraph ${index} begins. ${paragraph(1_500)}`);
  const parts = documentParts(documentOf(blocks.join('\n')));
  expect(parts.join('\n\n').split('\n\n')).toEqual(blocks);
  expect(parts.length).toBeLessThan(45);
});

test('a paragraph that is longer than a part is cut', () => {
  const whole = paragraph(40_000);
  const parts = documentParts(documentOf(whole));
  expect(parts.length).toBe(3);
  expect(parts.join('').replace(/\s/g, '')).toBe(whole.replace(/\s/g, ''));
});

test('nothing is no part', () => {
  expect(documentParts({ blocks: [] })).toEqual([]);
});
