import { CJK_NAME_ENDS, CJK_NAME_STARTS, hasCjk } from '../../pdf/scripts.js';
import type { QuizQuestion } from '../study-notes.js';
import type { Corpus } from './corpus.js';
import type { ExplainedTerm } from './explain-terms.js';
import type { Term } from './find-terms.js';
import type { Sentence } from './read-outline.js';
import { findTerm, mentions, withGaps, type Place } from './term-in-text.js';
import { wrongChoices } from './wrong-choices.js';

const GAP = '____';
/** A sentence with more of them says too little. */
const MOST_GAPS = 2;
/** What can stand behind a name: punctuation, a verb or a short word that leads on. */
const NAME_ENDS = /^(?:[^\P{P}:-]|\s+(?:is|are|was|were|has|have|that|which|with|from|when|does|must|will|into|called)\b|\s+\p{L}{1,3}(?!\p{L}))/u;
/** The sentence that explains a term can be completed by whoever has learnt it. */
const WORTH_OF_EXPLANATION = 2;

/** Sentences with a gap, and the terms of the document to choose from. Each sentence and each term is asked once. */
export function makeQuiz(explained: readonly ExplainedTerm[], others: readonly Term[], corpus: Corpus, count: number): QuizQuestion[] {
  const terms = [...new Set([...explained.map(({ found }) => found), ...others])];
  const explanations = new Map(explained.map(({ found, sentence }) => [found, sentence]));
  const asked = new Set<Sentence>();
  const questions: { question: QuizQuestion; position: number }[] = [];
  for (const term of terms) {
    if (questions.length >= count) break;
    const sentence = bestToAsk(term, corpus, (one) => !asked.has(one), explanations.get(term));
    const question = sentence && askFor(term, sentence, terms);
    if (sentence === undefined || question === undefined) continue;
    asked.add(sentence);
    questions.push({ question, position: sentence.position });
  }
  return questions.sort((a, b) => a.position - b.position).map(({ question }) => question);
}

function bestToAsk(term: Term, { sentencesWith, score, grammarOf }: Corpus, isFresh: (sentence: Sentence) => boolean, explanation: Sentence | undefined): Sentence | undefined {
  const worth = (sentence: Sentence) => score(sentence) * (sentence === explanation ? WORTH_OF_EXPLANATION : 1);
  return sentencesWith(term.keys)
    .filter((sentence) => sentence.leaning !== 'opening' && sentence.keys.size >= term.keys.length + 3 && isFresh(sentence))
    .map((sentence) => ({ sentence, place: placeToAsk(sentence.text, term) }))
    .filter((found): found is { sentence: Sentence; place: Place } => found.place !== undefined)
    .sort((a, b) => worth(b.sentence) - worth(a.sentence))
    .find(({ sentence, place }) => {
      const { kind, isName } = grammarOf(sentence);
      return kind === 'statement' && isName(place.start, place.end);
    })?.sentence;
}

/** Where the term stands as a name of its own: not as the first half of a longer one, where any word would do. */
function placeToAsk(text: string, term: Term): Place | undefined {
  const place = findTerm(text, term);
  if (place === undefined) return undefined;
  const parts = withGaps(text, term, GAP).split(GAP);
  // One answer has to fill all gaps.
  const answer = text.slice(place.start, place.end);
  if (parts.length - 1 > MOST_GAPS || parts.join(answer).toLowerCase() !== text.toLowerCase()) return undefined;
  const before = text.slice(0, place.start);
  const after = text.slice(place.end);
  const isOwn = hasCjk(term.text) ? CJK_NAME_STARTS.test(before) && CJK_NAME_ENDS.test(after) : !before.endsWith('-') && NAME_ENDS.test(after);
  return isOwn ? place : undefined;
}

function askFor(term: Term, { text }: Sentence, terms: readonly Term[]): QuizQuestion | undefined {
  const place = findTerm(text, term);
  if (place === undefined) return undefined;
  const answer = text.slice(place.start, place.end);
  const wrong = wrongChoices(term, { answer, before: text.slice(0, place.start), terms: terms.filter((other) => !mentions(text, other)) });
  if (wrong.length === 0) return undefined;
  return { question: withGaps(text, term, GAP), choices: shuffled([answer, ...wrong], text), answer, explanation: text };
}

/** The same for the same sentence every time: notes of a job that is repeated are equal. */
function shuffled(choices: readonly string[], seed: string): string[] {
  return choices.map((choice) => ({ choice, at: hash(`${seed}${choice}`) })).sort((a, b) => a.at - b.at).map(({ choice }) => choice);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
