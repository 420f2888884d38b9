import { hasCjk } from '../../pdf/scripts.js';
import type { Word } from '../text/words.js';
import type { Sentence } from './read-outline.js';
import type { WordRanks } from './word-ranks.js';

/** A word or a few words that the document is about. */
export interface Term {
  /** As it is written within sentences. */
  readonly text: string;
  /** The keys of its words, with a space between. */
  readonly key: string;
  readonly keys: readonly string[];
  readonly count: number;
  readonly weight: number;
}

interface Candidate {
  readonly keys: readonly string[];
  readonly surfaces: Map<string, number>;
  count: number;
  /** How often it stands where only a thing can stand. */
  named: number;
}

const MOST_WORDS = 3;
const DETERMINER = /^(?:the|an?|its|their|this|that|these|those|each|every|any|no|of|in|into|from|by|as|called|with|between|to|and|or)$/i;

/** The terms of a document, the most important first. */
export function findTerms(sentences: readonly Sentence[], ranks: WordRanks, language: string | undefined): Term[] {
  const candidates = new Map<string, Candidate>();
  for (const { words } of sentences) collectCandidates(words, candidates);
  const fewest = sentences.length < 15 ? 1 : sentences.length < 150 ? 2 : sentences.length < 1000 ? 3 : 5;
  const terms = [...candidates]
    .filter(([, candidate]) => candidate.count >= fewest && isName(candidate, language))
    .map(([key, { keys, surfaces, count }]): Term => {
      const rank = keys.reduce((sum, word) => sum + ranks(word), 0) / keys.length ** 0.5;
      return { key, keys, count, text: usualSurface(surfaces), weight: rank * Math.log2(1 + count) };
    });
  return withoutParts(terms).sort((a, b) => b.weight - a.weight);
}

/** Each run of neighbouring content words gives all its shorter runs. */
function collectCandidates(words: readonly Word[], candidates: Map<string, Candidate>): void {
  for (const [start, first] of words.entries()) {
    if (!first.isContent) continue;
    const run: Word[] = [];
    for (const word of words.slice(start, start + MOST_WORDS)) {
      if (!word.isContent || (run.length > 0 && !word.followsClosely)) break;
      run.push(word);
      add(run, words[start - 1], words[start + run.length], candidates, start === 0);
    }
  }
}

function add(run: readonly Word[], before: Word | undefined, after: Word | undefined, candidates: Map<string, Candidate>, opens: boolean): void {
  const key = run.map((word) => word.key).join(' ');
  let candidate = candidates.get(key);
  if (candidate === undefined) candidates.set(key, (candidate = { keys: run.map((word) => word.key), surfaces: new Map(), count: 0, named: 0 }));
  candidate.count += 1;
  const isAfterDeterminer = before !== undefined && DETERMINER.test(before.surface);
  if (isAfterDeterminer && (after === undefined || !after.isContent || !after.followsClosely)) candidate.named += 1;
  const surface = surfaceOf(run);
  // The capital of a sentence's first word belongs to the sentence.
  if (!opens || candidate.surfaces.size === 0) candidate.surfaces.set(surface, (candidate.surfaces.get(surface) ?? 0) + (opens ? 0 : 1));
}

const surfaceOf = (run: readonly Word[]) => {
  const surfaces = run.map(({ surface }) => surface);
  return surfaces.some(hasCjk) ? surfaces.join('') : surfaces.join(' ');
};

/** Verbs and adjectives are no terms. Where a language marks its nouns, that tells; else what stands around them. */
function isName({ keys, surfaces, named, count }: Candidate, language: string | undefined): boolean {
  const [last = ''] = keys.slice(-1);
  if (hasCjk(keys.join(''))) return keys.join('').length >= 2 && keys.join('').length <= 12;
  if (language === 'deu') return /(?:^|\s)\p{Lu}[^\s]*$/u.test(usualSurface(surfaces));
  if (language !== 'eng' && language !== undefined) return true;
  if (/(?:ly|ed)$/.test(last) && last.length > 4) return false;
  if (/^\p{Lu}/u.test(usualSurface(surfaces))) return true;
  return named >= Math.max(1, count * 0.2);
}

function usualSurface(surfaces: ReadonlyMap<string, number>): string {
  const [[usual = ''] = []] = [...surfaces].sort(([a, m], [b, n]) => n - m || a.length - b.length);
  return usual;
}

/** `hair` is no term of its own where it is nearly always a part of `hair cell`, nor is `inner hair` of `inner hair cell`. */
function withoutParts(terms: readonly Term[]): Term[] {
  const countWithin = new Map<string, number>();
  for (const { keys, count } of terms)
    for (const part of partsOf(keys)) countWithin.set(part, Math.max(countWithin.get(part) ?? 0, count));
  return terms.filter(({ key, count }) => (countWithin.get(key) ?? 0) < count * 0.6);
}

function partsOf(keys: readonly string[]): string[] {
  const parts: string[] = [];
  for (let length = 1; length < keys.length; length += 1)
    for (let start = 0; start + length <= keys.length; start += 1) parts.push(keys.slice(start, start + length).join(' '));
  return parts;
}
