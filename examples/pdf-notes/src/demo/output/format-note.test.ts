import { expect, test } from 'vitest';
import type { Note } from '../../database/notes.js';
import { formatNote } from './format-note.js';

const note: Note = {
  id: 'n',
  jobId: 'j',
  fileName: 'cells.pdf',
  createdAt: '2026-01-01T00:00:00.000Z',
  title: 'Cells',
  summary: 'Every living thing is made of cells, and every cell comes from another cell.',
  sections: [{ heading: 'Parts', points: ['The nucleus keeps the genes.'] }],
  keyTerms: [{ term: 'nucleus', explanation: 'The nucleus keeps the genes.' }],
  quiz: [{ question: 'The ____ keeps the genes.', choices: ['nucleus', 'wall'], answer: 'nucleus', explanation: 'The nucleus keeps the genes.' }],
};

test('a note is shown whole, with the right answers marked', () => {
  expect(formatNote(note, { width: 40, colors: false })).toBe(`
Cells

Every living thing is made of cells, and
every cell comes from another cell.

Parts
  • The nucleus keeps the genes.

Key terms
  nucleus: The nucleus keeps the genes.

Quiz
  1. The ____ keeps the genes.
     ✓ nucleus
     · wall
`);
});

test('a line does not begin with the comma of the one before', () => {
  const summary = 'Sound travels through a material such as air, water or bone (of 22.5 cm), well-known to all.';
  for (const width of [21, 22, 23, 24, 25, 30, 40])
    expect(formatNote({ ...note, summary }, { width, colors: false })).not.toMatch(/\n *[,.)-]/);
});

test('no line is wider than asked for, in languages without spaces either', () => {
  const summary = '細胞は生物の基本単位である。'.repeat(20);
  const lines = formatNote({ ...note, summary }, { width: 30, colors: false }).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
  expect(lines.join('')).toContain('細胞');
});
