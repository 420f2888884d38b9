import type { Passage, Sentence } from './read-outline.js';
import type { Score } from './choose-sentences.js';

/** A part of the document that becomes a section of the note. */
export interface Part {
  readonly heading: string | undefined;
  readonly sentences: readonly Sentence[];
}

const FEWEST = 3;
const MOST = 12;
/** A part with fewer sentences says too little for a section. */
const FEWEST_SENTENCES = 2;
/** A part without headings is cut into pieces of about this many sentences. */
const SENTENCES_OF_PIECE = 14;

/**
 * Divides the document at its headings: at the highest level that gives enough parts, the most telling of them if
 * there are too many. Without headings, at even distances.
 */
export function chooseParts(passages: readonly Passage[], score: Score): Part[] {
  const levels = [...new Set(passages.map(({ level }) => level))].filter((level) => level > 0).sort((a, b) => a - b);
  const divisions = levels.map((level) => divide(passages, level));
  const division = divisions.find((parts) => parts.length >= FEWEST) ?? divisions.sort((a, b) => b.length - a.length)[0] ?? [];
  if (division.length < 2) return evenPieces(passages.flatMap(({ sentences }) => sentences));
  if (division.length <= MOST) return division;
  const worth = new Map(division.map((part) => [part, worthOf(part, score)]));
  const [introduction, ...others] = division;
  const best = new Set(others.sort((a, b) => (worth.get(b) ?? 0) - (worth.get(a) ?? 0)).slice(0, MOST - 1));
  return division.filter((part) => part === introduction || best.has(part));
}

/** Each heading of this level or above begins a part; what is below belongs to it. */
function divide(passages: readonly Passage[], level: number): Part[] {
  const parts: { heading: string | undefined; sentences: Sentence[] }[] = [];
  for (const passage of passages) {
    const last = parts.at(-1);
    if (last === undefined || (passage.level > 0 && passage.level <= level)) parts.push({ heading: passage.heading, sentences: [...passage.sentences] });
    else last.sentences.push(...passage.sentences);
  }
  return parts.filter(({ sentences }) => sentences.length >= FEWEST_SENTENCES);
}

function evenPieces(sentences: readonly Sentence[]): Part[] {
  const count = Math.min(MOST / 2, Math.max(1, Math.round(sentences.length / SENTENCES_OF_PIECE)));
  const size = Math.ceil(sentences.length / count);
  return Array.from({ length: count }, (_, index) => ({ heading: undefined, sentences: sentences.slice(index * size, (index + 1) * size) }))
    .filter((part) => part.sentences.length > 0);
}

/** The best three sentences stand for a part; long parts are a little more worth. */
function worthOf({ sentences }: Part, score: Score): number {
  const best = sentences.map(score).sort((a, b) => b - a).slice(0, 3);
  return best.reduce((sum, value) => sum + value, 0) * Math.log2(2 + sentences.length);
}
