import type { TextBlock } from './document-text.js';
import { isBulleted, isHeadingLine, isLeftOut, withoutBullet } from './line-kinds.js';
import { joinLines, wordsWithin } from './join-lines.js';
import type { Line } from './page-lines.js';
import { roundSize, type Typography } from './typography.js';
import { endsInCjk, startsInCjk } from './scripts.js';

type Group = { kind: 'heading' | 'paragraph'; lines: Line[] };

/** Puts the lines of a document together to its headings and paragraphs, across pages where a sentence goes on. */
export function textBlocks(lines: readonly Line[], typography: Typography): TextBlock[] {
  const isWord = wordsWithin(lines.map(({ text }) => text));
  const levels = headingLevels(lines, typography);
  return groupLines(lines, typography).map(({ kind, lines: group }): TextBlock => {
    const text = joinLines(group.map((line) => withoutBullet(line.text)), isWord);
    const first = group[0] as Line;
    const { page, size } = first;
    if (kind === 'paragraph') return isBulleted(first) ? { kind, text, page, item: true } : { kind, text, page };
    return { kind, text, page, level: levels.get(roundSize(size)) ?? levels.size + 1 };
  });
}

function groupLines(all: readonly Line[], typography: Typography): Group[] {
  const groups: Group[] = [];
  const rightOf = columnEdges(all);
  let group: Group | undefined;
  for (const [index, line] of all.entries()) {
    const fate = isLeftOut(line, typography);
    if (fate !== false) {
      // A footnote does not end the paragraph that goes on above it or on the next page; a program does.
      if (fate === 'interrupts') group = undefined;
      continue;
    }
    const kind = isHeadingLine(line, all[index - 1], all[index + 1], typography) ? 'heading' : 'paragraph';
    const last = group?.lines.at(-1);
    const goesOn = last !== undefined && group?.kind === kind
      && (kind === 'heading' ? headingGoesOn(last, line) : paragraphGoesOn(last, line, typography, rightOf));
    if (goesOn) group?.lines.push(line);
    else groups.push((group = { kind, lines: [line] }));
  }
  return groups;
}

const headingGoesOn = (last: Line, line: Line) =>
  last.page === line.page && last.size === line.size && last.font === line.font
  && line.y > last.y && line.y - last.y < line.size * 1.8 && !/^\d+(\.\d+)*\.?\s/.test(line.text);

function paragraphGoesOn(last: Line, line: Line, { leading }: Typography, rightOf: (line: Line) => number): boolean {
  const isBeside = last.page === line.page && Math.abs(line.y - last.y) < line.size * 0.5;
  if (isBeside || isBulleted(line) || Math.abs(last.size - line.size) > line.size * 0.1) return false;
  const isMidSentence = /^\p{Ll}/u.test(line.text) && !endsSentence(last.text);
  if (!isMidSentence && couldHaveHeldMore(last, line, rightOf)) return false;
  const isBelow = last.page === line.page && line.y > last.y;
  if (isBelow) return line.y - last.y < leading * 1.35 && !(isIndented(last, line) && endsSentence(last.text));
  // The next page or column.
  return isMidSentence || (!endsSentence(last.text) && (/^[\d(“"]/u.test(line.text) || startsInCjk(line.text) || last.uniform));
}

const isIndented = (last: Line, line: Line) => line.x - last.x > line.size * 0.7;

/** A line that ends although the next word would have had room was ended on purpose. */
function couldHaveHeldMore(last: Line, next: Line, rightOf: (line: Line) => number): boolean {
  const room = rightOf(last) - last.right;
  const firstWord = startsInCjk(next.text) ? 1 : (/^\S+/.exec(next.text)?.[0].length ?? 1);
  const width = ((next.right - next.x) / next.text.length) * (firstWord + 1);
  return room > width + last.size * (endsInCjk(last.text) ? 3 : 0.5);
}

/** Where the column ends in which a line stands. */
function columnEdges(lines: readonly Line[]): (line: Line) => number {
  const byPage = new Map<number, Line[]>();
  for (const line of lines) byPage.set(line.page, [...(byPage.get(line.page) ?? []), line]);
  return ({ page, x, right, size }) => {
    const inColumn = (byPage.get(page) ?? []).filter((other) => Math.abs(other.x - x) < size * 2.2);
    return Math.max(right, ...inColumn.map((other) => other.right));
  };
}

const endsSentence = (text: string) => /[.!?:。！？：]["'”’»」』)]*$/u.test(text);

function headingLevels(lines: readonly Line[], { bodySize }: Typography): Map<number, number> {
  const sizes = [...new Set(lines.map(({ size }) => roundSize(size)))].filter((size) => size > bodySize * 1.1);
  return new Map(sizes.sort((a, b) => b - a).map((size, index) => [size, index + 1]));
}
