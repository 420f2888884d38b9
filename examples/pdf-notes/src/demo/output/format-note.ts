import { styleText } from 'node:util';
import type { Note } from '../../database/notes.js';

export interface NoteFormat {
  /** Lines are broken so that they have at most this many characters. */
  readonly width: number;
  readonly colors: boolean;
}

/** The note as text for a terminal. */
export function formatNote(note: Note, { width, colors }: NoteFormat): string {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    colors ? styleText(format, text, { validateStream: false }) : text;
  const heading = (text: string) => `\n${style('bold', text)}`;
  return [
    '',
    style(['bold', 'underline'], note.title),
    '',
    wrap(note.summary, width),
    ...note.sections.flatMap((section) => [heading(section.heading), ...section.points.map((point) => wrap(point, width, '  • '))]),
    ...(note.keyTerms.length === 0 ? [] : [heading('Key terms')]),
    ...note.keyTerms.map(({ term, explanation }) => wrap(`${term}: ${explanation}`, width, '  ')),
    ...(note.quiz.length === 0 ? [] : [heading('Quiz')]),
    ...note.quiz.flatMap(({ question, choices, answer }, index) => [
      wrap(question, width, `  ${index + 1}. `),
      ...choices.map((choice) => wrap(choice, width, choice === answer ? '     ✓ ' : '     · ')),
    ]),
    '',
  ].join('\n');
}

/** Breaks lines; the first one begins with `mark`, the others with as many spaces. */
function wrap(text: string, width: number, mark = ''): string {
  const room = Math.max(20, width - mark.length);
  const lines: string[] = [];
  let line = '';
  for (const piece of unbreakablePieces(text)) {
    if (line !== '' && line.length + piece.trimEnd().length > room) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += piece;
  }
  return [...lines, line.trimEnd()].map((part, index) => (index === 0 ? mark : ' '.repeat(mark.length)) + part).join('\n');
}

/** A text may be broken after a space, and between words that stand side by side, as in Japanese; not before a comma. */
function unbreakablePieces(text: string): readonly string[] {
  const pieces: string[] = [];
  let followsWord = false;
  for (const { segment, isWordLike = false } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)) {
    const last = pieces.at(-1);
    if (last === undefined || /\s$/.test(last) || (followsWord && isWordLike)) pieces.push(segment);
    else pieces[pieces.length - 1] = last + segment;
    followsWord = isWordLike;
  }
  return pieces;
}
