import type { DocumentText } from '../../pdf/document-text.js';
import { hasCjk } from '../../pdf/scripts.js';
import { NotesProblem } from '../notes-problem.js';
import type { StudyNotes } from '../study-notes.js';
import { wordReader } from '../text/words.js';
import { chooseParts, type Part } from './choose-sections.js';
import { chooseSentences, sentenceScore, type Score } from './choose-sentences.js';
import { explainTerms } from './explain-terms.js';
import { findTerms, type Term } from './find-terms.js';
import { makeQuiz } from './make-quiz.js';
import { readOutline, type Sentence } from './read-outline.js';
import { sentencesWith } from './sentences-with.js';
import { rankWords } from './word-ranks.js';

export interface ExtractNotesOptions {
  /** Where the document has no title. */
  readonly fallbackTitle?: string | undefined;
  /** Called with 0 to 1, never falling. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/**
 * Makes notes of a document's own sentences, and of nothing else: each of them stands in the document word for word.
 * It computes without a break, for seconds where the document is a long book.
 *
 * @throws NotesProblem TOO_LITTLE_TEXT
 */
export function extractNotes(document: DocumentText, { fallbackTitle, onProgress = () => {} }: ExtractNotesOptions = {}): StudyNotes {
  const passages = readOutline(document, wordReader(document.language), (fraction) => onProgress(fraction * 0.5));
  const sentences = passages.flatMap((passage) => passage.sentences);
  if (sentences.length === 0) throw new NotesProblem('TOO_LITTLE_TEXT');
  const ranks = rankWords(sentences, (fraction) => onProgress(0.5 + fraction * 0.15));
  onProgress(0.7);
  const terms = findTerms(sentences, ranks, document.language).slice(0, 200);
  onProgress(0.8);

  const score = sentenceScore(ranks);
  const parts = chooseParts(passages, score);
  const summary = summarize(parts, score);
  const sizes = sizesFor(sentences.length);
  const withWords = sentencesWith(sentences);
  const keyTerms = explainTerms(terms, withWords, sizes.keyTerms, score, document.language);
  onProgress(0.9);
  const title = document.title ?? fallbackTitle ?? passages.find(({ heading }) => heading !== undefined)?.heading ?? terms[0]?.text ?? 'Notes';
  const asked = [...keyTerms.map(({ found }) => found), ...terms.filter(({ count }) => count > 1)].filter((term, index, all) => all.indexOf(term) === index);
  const notes: StudyNotes = {
    title,
    summary: joinSentences(summary),
    sections: withoutIntroduction(parts, title).map((part) => ({
      heading: part.heading ?? headingFor(part, terms, sentences),
      points: pointsOf(part, summary, score).map(({ text }) => text),
    })),
    keyTerms: keyTerms.map(({ term, explanation }) => ({ term, explanation })),
    quiz: makeQuiz(asked, withWords, sizes.questions, score),
  };
  onProgress(1);
  return notes;
}

const sizesFor = (sentences: number) => ({
  keyTerms: Math.round(Math.min(12, Math.max(4, sentences / 6))),
  questions: Math.round(Math.min(10, Math.max(3, sentences / 8))),
});

/** The few sentences between the title and the first heading are what the summary is made of. */
function withoutIntroduction(parts: readonly Part[], title: string): readonly Part[] {
  const [first, ...others] = parts;
  const isIntroduction = first !== undefined && (first.heading === undefined || first.heading === title) && first.sentences.length <= 8;
  return isIntroduction && others.length >= 3 ? others : parts;
}

/** An introduction tells what follows: most of the summary is from there, the rest one sentence of a part at most. */
function summarize(parts: readonly Part[], score: Score): Sentence[] {
  const count = Math.min(5, Math.max(3, Math.round(parts.length / 2)));
  const candidates = parts.map(({ sentences }, index) => {
    const standing = sentences.filter(({ leansOnBefore }) => !leansOnBefore);
    const opening = index === 0 ? 3 : 1;
    const weighed: Score = (sentence) => score(sentence) * (standing.indexOf(sentence) < opening ? 1.6 : 1) * (sentence === standing[0] ? 1.25 : 1);
    return chooseSentences(standing.length > 0 ? standing : sentences, parts.length < 3 ? 3 : opening, weighed);
  });
  const introduction = new Set(candidates[0]);
  return chooseSentences(candidates.flat(), count, (sentence) => score(sentence) * (introduction.has(sentence) ? (sentence === candidates[0]?.[0] ? 2.4 : 1.8) : 1));
}

/** What the summary says already is not repeated where there is something else to say. */
function pointsOf({ sentences }: Part, summary: readonly Sentence[], score: Score): Sentence[] {
  const fresh = sentences.filter((sentence) => !summary.includes(sentence));
  const count = Math.min(5, Math.max(2, Math.round(Math.sqrt(sentences.length))));
  return chooseSentences(fresh.length >= 2 ? fresh : sentences, count, score);
}

/** A part without a heading is named after the term that is more at home in it than elsewhere. */
function headingFor({ sentences }: Part, terms: readonly Term[], all: readonly Sentence[]): string {
  const countIn = (some: readonly Sentence[], { keys }: Term) => some.filter((sentence) => keys.every((key) => sentence.keys.has(key))).length;
  const [best] = terms
    .map((term) => ({ term, here: (countIn(sentences, term) ** 3 / Math.max(1, countIn(all, term)) ** 2) * term.weight }))
    .sort((a, b) => b.here - a.here);
  const text = best?.term.text ?? 'Notes';
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const joinSentences = (sentences: readonly Sentence[]) =>
  sentences.reduce((joined, { text }) => (joined === '' ? text : `${joined}${hasCjk(text.slice(0, 1)) && /[。！？」』）]$/u.test(joined) ? '' : ' '}${text}`), '');
