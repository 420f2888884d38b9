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

const TERMS_A_REPORT = 20;

/** The terms that the document explains, each with the sentence that explains it best. No sentence explains two. */
export function explainTerms(terms: readonly Term[], corpus: Corpus, count: number, onProgress: (fraction: number) => void = () => {}): ExplainedTerm[] {
  const explanations = terms
    .map((term, done) => {
      if (done % TERMS_A_REPORT === 0) onProgress(done / terms.length);
      return { term, ...bestExplanation(term, corpus) };
    })
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

/** The best of those whose grammar bears it out; grammar is read from the best downwards, because that takes long. */
function bestExplanation(term: Term, corpus: Corpus): Explanation {
  const candidates = corpus.sentencesWith(term.keys).flatMap((sentence) => {
    const found = candidateFor(term, sentence, corpus);
    return found === undefined ? [] : [found];
  });
  return candidates.sort((a, b) => b.value - a.value).find(({ sentence, isName }) => corpus.grammarOf(sentence).kind === 'statement' && isName()) ?? { value: 0 };
}

interface Candidate extends Explanation {
  readonly sentence: Sentence;
  /** Whether the term is a name in this sentence. */
  isName(): boolean;
}

/** `undefined` where the sentence does not explain the term, or needs an explanation itself. */
function candidateFor(term: Term, sentence: Sentence, { language = 'eng', grammarOf, score }: Corpus): Candidate | undefined {
  if (sentence.leaning === 'opening') return undefined;
  const place = findTerm(sentence.text, term);
  if (place === undefined) return undefined;
  const kind = kindOfExplanation(sentence.text.slice(0, place.start), sentence.text.slice(place.end), term, language);
  if (kind === 0 || (kind === TELLS_ABOUT && sentence.leaning !== 'none')) return undefined;
  return {
    sentence,
    value: kind * (sentence.leaning === 'within' ? 0.8 : 1) + Math.min(1, score(sentence) / 3),
    // "A tidal bore is a wave" makes a name of it, whatever its words are elsewhere.
    isName: () => (kind === SAYS_WHAT && place.start > 0) || grammarOf(sentence).isName(place.start, place.end),
  };
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
