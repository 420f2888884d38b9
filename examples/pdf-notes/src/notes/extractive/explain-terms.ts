import type { KeyTerm } from '../study-notes.js';
import type { Score } from './choose-sentences.js';
import type { Term } from './find-terms.js';
import type { Sentence } from './read-outline.js';
import { findTerm } from './term-in-text.js';

export interface ExplainedTerm extends KeyTerm {
  readonly found: Term;
  readonly sentence: Sentence;
}

/** What follows a term where a sentence says what it is. */
const SAYS_WHAT_IT_IS: Readonly<Record<string, RegExp>> = {
  eng: /^\p{L}{0,2}(?:\s*\([^)]*\))?(?:,[^,.]{1,60},)?\s+(?:(?:is|are|was|were)\s+(?:an?|the|one|called|known|defined|made|any|simply|not)\b|(?:is|are|means?|refers? to|denotes?|consists? of|describes?|contains?|measures?)\b)/iu,
  deu: /^\p{L}{0,2}(?:,[^,.]{1,60},)?\s+(?:ist|sind|bedeutet|bezeichnet|bezeichnen|besteht|bestehen|heißt|heißen|nennt)(?!\p{L})/iu,
  fra: /^\p{L}{0,2}(?:,[^,.]{1,60},)?\s+(?:est|sont|désigne|désignent|signifie|consiste|représente)(?!\p{L})/iu,
  spa: /^\p{L}{0,2}(?:,[^,.]{1,60},)?\s+(?:es|son|significa|consiste|designa|se llama)(?!\p{L})/iu,
  jpn: /^(?:（[^）]*）)?(?:とは|は、|は)/u,
  cmn: /^(?:（[^）]*）)?(?:是|指|即|就是|称为|由)/u,
};
/** And what stands before one that is introduced. */
const NAMES_IT: Readonly<Record<string, RegExp>> = {
  eng: /\b(?:called|known as|named|termed|referred to as|this is)\s+(?:an?\s+|the\s+)?['"“‘]?$/iu,
  deu: /(?:genannt|heißt|heißen|nennt man|als)\s+(?:de[rnm]\s+|die\s+|das\s+|eine?\s+)?[„"»]?$/iu,
  jpn: /(?:これを|それを)$/u,
  cmn: /(?:称为|叫做|称作|叫)[“「]?$/u,
};

/** Each of the terms that the document explains, with the sentence that explains it best. No sentence explains two. */
export function explainTerms(terms: readonly Term[], sentences: readonly Sentence[], count: number, score: Score, language = 'eng'): ExplainedTerm[] {
  const explained: ExplainedTerm[] = [];
  const used = new Set<Sentence>();
  for (const term of terms) {
    if (explained.length >= count) break;
    if (explained.some(({ found }) => saysTheSame(found, term))) continue;
    const best = bestExplanation(term, sentences.filter((sentence) => !used.has(sentence)), score, language);
    if (best === undefined) continue;
    used.add(best);
    explained.push({ term: term.text, explanation: best.text, found: term, sentence: best });
  }
  return explained;
}

function bestExplanation(term: Term, sentences: readonly Sentence[], score: Score, language: string): Sentence | undefined {
  let best: Sentence | undefined;
  let bestValue = 0;
  for (const sentence of sentences) {
    if (!term.keys.every((key) => sentence.keys.has(key))) continue;
    const place = findTerm(sentence.text, term);
    if (place === undefined) continue;
    const before = sentence.text.slice(0, place.start);
    const after = sentence.text.slice(place.end);
    let value = 0;
    if (SAYS_WHAT_IT_IS[language]?.test(after)) value += opensWith(before) ? 4 : 1;
    if (NAMES_IT[language]?.test(before)) value += 3.5;
    if (value === 0 && !opensWith(before)) continue;
    value += 1 + score(sentence);
    if (sentence.leansOnBefore) value -= 1.5;
    if (value > bestValue) [best, bestValue] = [sentence, value];
  }
  return best;
}

/** Nothing of weight stands before: the sentence is about the term. */
const opensWith = (before: string) => before.trim().split(/\s+/).length <= 2 && before.length <= 16;

const saysTheSame = (one: Term, other: Term) => one.keys.some((key) => other.keys.includes(key)) && one.keys.length + other.keys.length <= 3;
