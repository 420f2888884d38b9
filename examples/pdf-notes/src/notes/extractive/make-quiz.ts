import { CJK_NAME_ENDS, hasCjk } from '../../pdf/scripts.js';
import type { QuizQuestion } from '../study-notes.js';
import type { Score } from './choose-sentences.js';
import type { Term } from './find-terms.js';
import type { Sentence } from './read-outline.js';
import type { SentencesWith } from './sentences-with.js';
import { findTerm, mentions, withGaps } from './term-in-text.js';

const GAP = '____';
const CHOICES = 4;
/** What can stand behind a name: punctuation, a verb or a short word that leads on. */
const NAME_ENDS = /^(?:\p{P}|\s+(?:is|are|was|were|has|have|that|which|with|from|when|does|must|will|into|called)\b|\s+\p{L}{1,3}(?!\p{L}))/u;

/** Sentences with a gap, and the terms of the document to choose from. Each sentence and each term is asked once. */
export function makeQuiz(terms: readonly Term[], sentencesWith: SentencesWith, count: number, score: Score): QuizQuestion[] {
  const asked = new Set<Sentence>();
  const questions: { question: QuizQuestion; position: number }[] = [];
  for (const term of terms) {
    if (questions.length >= count) break;
    const sentence = bestToAsk(term, sentencesWith(term.keys).filter((sentence) => !asked.has(sentence)), score);
    const question = sentence && askFor(term, sentence, terms);
    if (sentence === undefined || question === undefined) continue;
    asked.add(sentence);
    questions.push({ question, position: sentence.position });
  }
  return questions.sort((a, b) => a.position - b.position).map(({ question }) => question);
}

function bestToAsk(term: Term, sentences: readonly Sentence[], score: Score): Sentence | undefined {
  const fit = sentences.filter(({ keys, text, leansOnBefore }) => !leansOnBefore && keys.size >= 4 && standsAlone(text, term));
  return fit.sort((a, b) => score(b) - score(a))[0];
}

/** Not as the first half of a longer name, where any word would do. */
function standsAlone(text: string, term: Term): boolean {
  const place = findTerm(text, term);
  if (place === undefined) return false;
  const after = text.slice(place.end);
  return hasCjk(term.text) ? CJK_NAME_ENDS.test(after) : NAME_ENDS.test(after);
}

function askFor(term: Term, { text }: Sentence, terms: readonly Term[]): QuizQuestion | undefined {
  const place = findTerm(text, term);
  if (place === undefined) return undefined;
  const answer = text.slice(place.start, place.end);
  // Wrong choices look like the right one: about as many words, about as important.
  const others = terms
    .filter((other) => other !== term && !mentions(text, other) && !other.keys.some((key) => term.keys.includes(key)))
    .map((other) => ({ other, difference: Math.abs(other.keys.length - term.keys.length) * 4 + Math.abs(terms.indexOf(other) - terms.indexOf(term)) }))
    .sort((a, b) => a.difference - b.difference)
    .map(({ other }) => likeAnswer(other.text, answer))
    .filter((choice, index, all) => all.indexOf(choice) === index)
    .slice(0, CHOICES - 1);
  if (others.length === 0) return undefined;
  return { question: withGaps(text, term, GAP), choices: shuffled([answer, ...others], text), answer, explanation: text };
}

/** A gap at the beginning of a sentence is not given away by the only choice with a capital. */
const likeAnswer = (choice: string, answer: string) => (/^\p{Lu}/u.test(answer) ? choice.slice(0, 1).toUpperCase() + choice.slice(1) : choice);

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
