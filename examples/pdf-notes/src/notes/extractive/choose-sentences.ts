import type { Sentence } from './read-outline.js';
import type { Leaning } from '../text/leaning.js';
import type { WordRanks } from './word-ranks.js';

export type Score = (sentence: Sentence) => number;

/** One that leans on another is hardly a note. */
const WORTH_LEANING: Readonly<Record<Leaning, number>> = { none: 1, within: 0.7, opening: 0.3 };

/** A sentence says much if its words matter; one that opens a paragraph tells its topic. */
export function sentenceScore(ranks: WordRanks): Score {
  const scores = new Map<Sentence, number>();
  const compute = ({ keys, words, opensParagraph, leaning }: Sentence) => {
    let sum = 0;
    for (const key of keys) sum += ranks(key);
    // Between the mean, which prefers the shortest sentences, and the sum, which prefers the endless ones.
    const about = sum / Math.max(8, words.length) ** 0.5;
    return about * (opensParagraph ? 1.25 : 1) * WORTH_LEANING[leaning] * (words.length > 36 ? 0.75 : 1);
  };
  return (sentence) => {
    const known = scores.get(sentence);
    if (known !== undefined) return known;
    const score = compute(sentence);
    scores.set(sentence, score);
    return score;
  };
}

/**
 * The best sentences that are fit and do not say the same twice, in the order of the document (maximal marginal relevance,
 * Carbonell and Goldstein 1998).
 */
export function chooseSentences(from: readonly Sentence[], count: number, score: Score, isFit: (sentence: Sentence) => boolean = () => true): Sentence[] {
  const chosen: Sentence[] = [];
  const left = new Set(from);
  while (chosen.length < count && left.size > 0) {
    let best: Sentence | undefined;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (const sentence of left) {
      const repeats = Math.max(0, ...chosen.map((other) => overlap(sentence, other)));
      const value = score(sentence) * (1 - repeats);
      if (value > bestValue) [best, bestValue] = [sentence, value];
    }
    if (best === undefined) break;
    left.delete(best);
    if (isFit(best)) chosen.push(best);
  }
  return chosen.sort((a, b) => a.position - b.position);
}

function overlap(one: Sentence, other: Sentence): number {
  let shared = 0;
  for (const key of one.keys) if (other.keys.has(key)) shared += 1;
  return shared / Math.max(1, Math.min(one.keys.size, other.keys.size));
}
