import { hasCjk } from '../../pdf/scripts.js';
import type { KeyTerm } from '../study-notes.js';
import type { Corpus } from './corpus.js';
import type { Term } from './find-terms.js';
import type { Sentence } from './read-outline.js';
import { NAMES_IT, OPENS_WITH_IT, SAYS_WHAT_IT_IS, TELLS_ABOUT_IT, TOO_BROAD } from './says-what-it-is.js';
import { findTerm } from './term-in-text.js';

export interface ExplainedTerm extends KeyTerm {
  readonly found: Term;
  readonly sentence: Sentence;
}

/** How well a sentence explains a term. */
const SAYS_WHAT = 4;
const NAMES = 3.5;
const TELLS_ABOUT = 1;

/** The terms that the document explains, each with the sentence that explains it best. No sentence explains two. */
export function explainTerms(terms: readonly Term[], corpus: Corpus, count: number): ExplainedTerm[] {
  const explanations = terms
    .map((term) => ({ term, ...bestExplanation(term, corpus) }))
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

interface Explanation {
  readonly sentence?: Sentence;
  readonly value: number;
}

function bestExplanation(term: Term, corpus: Corpus): Explanation {
  let best: Explanation = { value: 0 };
  for (const sentence of corpus.sentencesWith(term.keys)) {
    const kind = explanationIn(sentence, term, corpus);
    if (kind === 0) continue;
    const value = kind * (sentence.leaning === 'within' ? 0.8 : 1) + Math.min(1, corpus.score(sentence) / 3);
    if (value > best.value) best = { sentence, value };
  }
  return best;
}

/** 0 where the sentence does not explain the term, or needs an explanation itself. */
function explanationIn(sentence: Sentence, term: Term, { language = 'eng', grammarOf }: Corpus): number {
  if (sentence.leaning === 'opening') return 0;
  const place = findTerm(sentence.text, term);
  if (place === undefined) return 0;
  const kind = kindOfExplanation(sentence.text.slice(0, place.start), sentence.text.slice(place.end), term, language);
  if (kind === 0 || (kind === TELLS_ABOUT && sentence.leaning !== 'none')) return 0;
  const grammar = grammarOf(sentence);
  // "A tidal bore is a wave" makes a name of it, whatever its words are elsewhere.
  const isName = (kind === SAYS_WHAT && place.start > 0) || grammar.isName(place.start, place.end);
  return grammar.kind === 'statement' && isName ? kind : 0;
}

function kindOfExplanation(before: string, after: string, term: Term, language: string): number {
  if (NAMES_IT[language]?.test(before) === true) return NAMES;
  if (!OPENS_WITH_IT.test(before) && !(hasCjk(term.text) && /^[A-Z][\w.-]*\s?$/.test(before))) return 0;
  // "The source of the problem is" says what the problem comes from, "The value is" which value it is.
  if (TOO_BROAD.has(term.key) && (/^\s+of\b/.test(after) || /\bthe\s*$/i.test(before))) return 0;
  if (SAYS_WHAT_IT_IS[language]?.test(after) === true) return SAYS_WHAT;
  // Something certain is told about the term; without a second word it is too broad for that.
  return term.isCompound && TELLS_ABOUT_IT[language]?.test(after) !== false ? TELLS_ABOUT : 0;
}

const saysTheSame = (one: Term, other: Term) => one.keys.some((key) => other.keys.includes(key)) && one.keys.length + other.keys.length <= 3;
