import { expect, test } from 'vitest';
import { documentOf } from '../../tests/documents/documents.js';
import { dropHeadingFurniture } from './heading-furniture.js';

const headings = (text: string) => dropHeadingFurniture(documentOf(text).blocks).filter(({ kind }) => kind === 'heading').map(({ text }) => text);

test('labels that come again and again head nothing', () => {
  expect(headings('# Tides\n## Tip\nA.\n## Bays\n## Tip\nB.\n## Tip\nC.')).toEqual(['Tides', 'Bays']);
});

test('the number over the name of a chapter goes, one without a name stays', () => {
  expect(headings('# Chapter 1\n# Tides\nA.\n# 第二章\n# 潮汐\nB.\n# Chapter 3\nC.')).toEqual(['Tides', '潮汐', 'Chapter 3']);
});

test.each(['Figure 3: The tides', '表 9.1: 潮汐', 'hh', 'PPP h', ';; hhh', '..per'])('%s is no heading', (text) => {
  expect(headings(`# ${text}\nA.`)).toEqual([]);
});

test.each(['Why work so hard?', 'SQL', 'debmake options', '1.4 Rhythms', 'Основы', '大潮と小潮'])('%s is one', (text) => {
  expect(headings(`# ${text}\nA.`)).toEqual([text]);
});
