import type { StudyNotes } from '../study-notes.js';
import type { SentenceKind } from '../text/grammar.js';
import { chooseSentences } from './choose-sentences.js';
import type { Part } from './choose-sections.js';
import type { Corpus } from './corpus.js';
import type { Term } from './find-terms.js';
import type { Sentence } from './read-outline.js';

type Section = StudyNotes['sections'][number];

interface WriteSectionsOptions {
  readonly summary: readonly Sentence[];
  readonly terms: readonly Term[];
  readonly corpus: Corpus;
}

/** A section for each part, under the document's own heading where there is one. */
export function writeSections(parts: readonly Part[], { summary, terms, corpus }: WriteSectionsOptions): Section[] {
  const plain = withoutNumbers(parts);
  return parts.map((part, index) => ({
    heading: plain[index] ?? headingFor(part, terms, corpus),
    points: pointsOf(part, summary, corpus).map(({ text }) => text),
  }));
}

/** Instructions are second best, and what is no sentence the last resort: some parts have nothing else. */
const FIT: readonly (readonly SentenceKind[])[] = [['statement'], ['statement', 'command'], ['statement', 'command', 'fragment']];
const FEWEST_POINTS = 2;

/** What the summary says already is not repeated where there is something else to say. */
function pointsOf({ sentences }: Part, summary: readonly Sentence[], { score, grammarOf }: Corpus): Sentence[] {
  const fresh = sentences.filter((sentence) => !summary.includes(sentence));
  const count = Math.min(5, Math.max(FEWEST_POINTS, Math.round(Math.sqrt(sentences.length))));
  for (const kinds of FIT)
    for (const from of [fresh, sentences]) {
      const points = chooseSentences(from, count, score, (sentence) => kinds.includes(grammarOf(sentence).kind));
      if (points.length >= FEWEST_POINTS) return points;
    }
  return [...sentences];
}

const NUMBER = /^(?:\d+(?:\.\d+)*[.)]?|第\s*[\d一二三四五六七八九十]+\s*[章部編编篇节節])\s+(?=\p{L})/u;

/** Where a document counts its chapters, the notes, which leave some out, do not. */
function withoutNumbers(parts: readonly Part[]): readonly (string | undefined)[] {
  const headings = parts.map(({ heading }) => heading);
  const numbered = headings.filter((heading) => heading !== undefined && NUMBER.test(heading));
  return numbered.length * 2 < headings.length ? headings : headings.map((heading) => heading?.replace(NUMBER, ''));
}

/** A part without a heading is named after the term that is more at home in it than elsewhere. */
function headingFor({ sentences }: Part, terms: readonly Term[], corpus: Corpus): string {
  const countIn = (some: readonly Sentence[], { keys }: Term) => some.filter((sentence) => keys.every((key) => sentence.keys.has(key))).length;
  const [best] = terms
    .map((term) => ({ term, here: (countIn(sentences, term) ** 3 / Math.max(1, corpus.sentencesWith(term.keys).length) ** 2) * term.weight }))
    .sort((a, b) => b.here - a.here);
  const text = best?.term.text ?? 'Notes';
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
