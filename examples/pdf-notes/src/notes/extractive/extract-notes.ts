import type { DocumentText } from '../../pdf/document-text.js';
import { hasCjk } from '../../pdf/scripts.js';
import { NotesProblem } from '../notes-problem.js';
import type { StudyNotes } from '../study-notes.js';
import { wordReader } from '../text/words.js';
import { chooseParts, type Part } from './choose-sections.js';
import { corpusOf } from './corpus.js';
import { explainTerms } from './explain-terms.js';
import { findTerms } from './find-terms.js';
import { makeQuiz } from './make-quiz.js';
import { readOutline, type Sentence } from './read-outline.js';
import { summarize } from './summarize.js';
import { rankWords } from './word-ranks.js';
import { writeSections } from './write-sections.js';

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

  const corpus = corpusOf(sentences, ranks, document.language);
  const parts = chooseParts(passages, corpus.score);
  const sizes = sizesFor(sentences.length);
  const keyTerms = explainTerms(terms, corpus, sizes.keyTerms, (fraction) => onProgress(0.8 + fraction * 0.1));
  const summary = summarize(parts, corpus, keyTerms.map(({ sentence }) => sentence));
  onProgress(0.9);
  const title = document.title ?? fallbackTitle ?? passages.find(({ heading }) => heading !== undefined)?.heading ?? terms[0]?.text ?? 'Notes';
  const notes: StudyNotes = {
    title,
    summary: joinSentences(summary),
    sections: writeSections(withoutIntroduction(parts, title), { summary, terms, corpus }),
    keyTerms: keyTerms.map(({ term, explanation }) => ({ term, explanation })),
    quiz: makeQuiz(keyTerms, terms.filter(({ count }) => count > 1), corpus, sizes.questions),
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

const joinSentences = (sentences: readonly Sentence[]) =>
  sentences.reduce((joined, { text }) => (joined === '' ? text : `${joined}${hasCjk(text.slice(0, 1)) && /[。！？」』）]$/u.test(joined) ? '' : ' '}${text}`), '');
