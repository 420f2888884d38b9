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
  /** How the document writes it otherwise. */
  readonly forms: readonly string[];
  /** It says more exactly than one word could what is meant. */
  readonly isCompound: boolean;
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
/** Where a name such as 软件包维护者 is cut into its syllables. */
const MOST_CJK_WORDS = 5;
/** The capital of a sentence's first word belongs to the sentence: such a form counts only where there is no other. */
const OPENS = 0.001;
const DETERMINER = /^(?:the|an?|its|their|this|that|these|those|each|every|any|no|of|in|into|from|by|as|called|with|between|to|and|or)$/i;

/** The terms of a document, the most important first. */
export function findTerms(sentences: readonly Sentence[], ranks: WordRanks, language: string | undefined): Term[] {
  const candidates = new Map<string, Candidate>();
  for (const { words } of sentences) collectCandidates(words, candidates);
  // Most of what a long document says once is a matter of chance; in a short one it may be what a sentence explains.
  const fewest = sentences.length < 150 ? 1 : sentences.length < 1000 ? 3 : 5;
  const terms = [...candidates]
    .filter(([, candidate]) => candidate.count >= fewest && isName(candidate, language))
    .map(([key, { keys, surfaces, count }]): Term => {
      const rank = keys.reduce((sum, word) => sum + ranks(word), 0) / keys.length ** 0.5;
      const text = usualSurface(surfaces, key);
      const isCompound = hasCjk(key) ? [...text].length > 3 : keys.length > 1;
      const precision = isCompound || hasCjk(key) ? 1.6 : 1;
      const forms = [...surfaces].filter(([form, times]) => times >= 1 && form !== text).map(([form]) => form);
      return { key, keys, count, text, forms, isCompound, weight: rank * precision * Math.log2(1 + count) };
    });
  return withoutParts(terms).sort((a, b) => b.weight - a.weight);
}

/** Each run of neighbouring content words gives all its shorter runs. */
function collectCandidates(words: readonly Word[], candidates: Map<string, Candidate>): void {
  for (const [start, first] of words.entries()) {
    if (!first.isContent) continue;
    const run: Word[] = [];
    for (const word of words.slice(start, start + (hasCjk(first.surface) ? MOST_CJK_WORDS : MOST_WORDS))) {
      if (!word.isContent || (run.length > 0 && word.link === undefined)) break;
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
  if (isAfterDeterminer && (after === undefined || !after.isContent || after.link === undefined)) candidate.named += 1;
  const surface = surfaceOf(run);
  candidate.surfaces.set(surface, (candidate.surfaces.get(surface) ?? 0) + (opens ? OPENS : 1));
}

const surfaceOf = (run: readonly Word[]) => run.map(({ surface, link }, index) => (index === 0 ? surface : `${link ?? ' '}${surface}`)).join('');

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

/** The singular where it is used; capitals where they are not those of a sentence. */
function usualSurface(surfaces: ReadonlyMap<string, number>, key = ''): string {
  const [[usual, count] = ['', 0]] = [...surfaces].sort(([a, m], [b, n]) => n - m || a.length - b.length);
  const isUsuallyWrittenLarge = usual !== key && usual.toLowerCase() === key;
  if ((surfaces.get(key) ?? 0) >= 1 && !isUsuallyWrittenLarge) return key;
  return count < 1 ? usual.slice(0, 1).toLowerCase() + usual.slice(1) : usual;
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
