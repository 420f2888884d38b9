import { hasCjk } from '../../pdf/scripts.js';
import type { KeyTerm } from '../study-notes.js';
import type { Score } from './choose-sentences.js';
import type { Term } from './find-terms.js';
import type { Sentence } from './read-outline.js';
import type { SentencesWith } from './sentences-with.js';
import { findTerm } from './term-in-text.js';

export interface ExplainedTerm extends KeyTerm {
  readonly found: Term;
  readonly sentence: Sentence;
}

/** What follows a term where a sentence says what it is. */
const SAYS_WHAT_IT_IS: Readonly<Record<string, RegExp>> = {
  eng: /^\p{L}{0,2}(?:\s*\([^)]*\))?(?:\s+of\s+(?:an?\s+|the\s+)?\p{L}+)?(?:,[^,.]{1,60},)?\s+(?:(?:is|are|was|were)\s+(?:an?|the|one|any|called|known|defined|made)\b|(?:means?|refers? to|denotes?|consists? of|describes?)\b)/iu,
  deu: /^\p{L}{0,2}(?:,[^,.]{1,60},)?\s+(?:ist|sind|bedeutet|bezeichnet|bezeichnen|besteht|bestehen|heißt|heißen|nennt)(?!\p{L})/iu,
  fra: /^\p{L}{0,2}(?:,[^,.]{1,60},)?\s+(?:est|sont|désigne|désignent|signifie|consiste|représente)(?!\p{L})/iu,
  spa: /^\p{L}{0,2}(?:,[^,.]{1,60},)?\s+(?:es|son|significa|consiste|designa|se llama)(?!\p{L})/iu,
  jpn: /^(?:（[^）]*）)?(?:とは|は、|は)/u,
  cmn: /^(?:（[^）]*）)?(?:是|指|即|就是|称为|由)/u,
};
/** And what stands before one that is introduced. */
const NAMES_IT: Readonly<Record<string, RegExp>> = {
  eng: /\b(?:called|known as|termed|referred to as)\s+(?:an?\s+|the\s+)?['"“‘]?$/iu,
  deu: /(?:genannt|heißt|heißen|nennt man|als)\s+(?:de[rnm]\s+|die\s+|das\s+|eine?\s+)?[„"»]?$/iu,
  jpn: /(?:これを|それを)$/u,
  cmn: /(?:称为|叫做|称作|叫)[“「]?$/u,
};

/** How well a sentence explains a term. */
const SAYS_WHAT = 4;
const NAMES = 3.5;
const TELLS_ABOUT = 1;

/** The terms that the document explains, each with the sentence that explains it best. No sentence explains two. */
export function explainTerms(terms: readonly Term[], sentencesWith: SentencesWith, count: number, score: Score, language = 'eng'): ExplainedTerm[] {
  const explanations = terms
    .map((term) => ({ term, ...bestExplanation(term, sentencesWith(term.keys), score, language) }))
    // What is said but once is a term only where the document says what it means.
    .filter(({ term, value }) => value >= (term.count > 1 ? TELLS_ABOUT : NAMES))
    .sort((a, b) => b.term.weight * b.value ** 1.5 - a.term.weight * a.value ** 1.5);
  const explained: ExplainedTerm[] = [];
  for (const { term, sentence } of explanations) {
    if (explained.length >= count) break;
    if (sentence === undefined || explained.some((other) => other.sentence === sentence || saysTheSame(other.found, term))) continue;
    explained.push({ term: term.text, explanation: sentence.text, found: term, sentence });
  }
  return explained.sort((a, b) => a.sentence.position - b.sentence.position);
}

function bestExplanation(term: Term, sentences: readonly Sentence[], score: Score, language: string): { sentence?: Sentence; value: number } {
  let best: { sentence?: Sentence; value: number } = { value: 0 };
  for (const sentence of sentences) {
    const kind = explanationIn(sentence, term, language);
    if (kind === 0) continue;
    const value = kind * (sentence.leansOnBefore ? 0.6 : 1) + Math.min(1, score(sentence) / 3);
    if (value > best.value) best = { sentence, value };
  }
  return best;
}

function explanationIn({ text }: Sentence, term: Term, language: string): number {
  const place = findTerm(text, term);
  if (place === undefined) return 0;
  const before = text.slice(0, place.start);
  const after = text.slice(place.end);
  if (NAMES_IT[language]?.test(before)) return NAMES;
  if (!opensWith(before)) return 0;
  if (SAYS_WHAT_IT_IS[language]?.test(after)) return SAYS_WHAT;
  // Some article says the sentence is about one certain thing; without a second word the term is too broad for that.
  return term.keys.length > 1 && !hasCjk(term.text) ? TELLS_ABOUT : 0;
}

/** Nothing of weight stands before: the sentence is about the term itself, and not about one kind of it. */
const opensWith = (before: string) => /^["“‘„«「『]?(?:(?:the|an?|each|every|all|most|some|both|two|three|human|der|die|das|eine?|le|la|les|une?|el|los|las|una)\s+)*['’“"]?$/iu.test(before);

const saysTheSame = (one: Term, other: Term) => one.keys.some((key) => other.keys.includes(key)) && one.keys.length + other.keys.length <= 3;
