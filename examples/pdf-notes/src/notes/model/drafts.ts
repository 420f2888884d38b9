import { z } from 'zod';
import type { QuizQuestion, StudyNotes } from '../study-notes.js';

// What a model is asked for. Servers know only a part of JSON Schema, lengths and minima not among it; what an answer
// lacks is found by `studyNotes` afterwards.

const sections = z
  .array(z.object({ heading: z.string(), points: z.array(z.string()).describe('2 to 5 whole sentences') }))
  .describe('in the order of the text, with its own headings where it has some');
const keyTerms = z.array(z.object({ term: z.string(), explanation: z.string().describe('one sentence') }));
const quiz = z.array(
  z.object({
    question: z.string(),
    choices: z.array(z.string()).describe('4 short answers, exactly one of them right'),
    answer: z.string().describe('the right one of the choices, word for word'),
    explanation: z.string().describe('one sentence that says why'),
  }),
);

/** Of one part of a document. */
export const partDraft = z.object({ summary: z.string().describe('2 or 3 sentences'), sections, keyTerms, quiz });
/** Of a whole one, from the summaries of its parts. */
export const overviewDraft = z.object({ title: z.string(), summary: z.string().describe('3 to 5 sentences') });

export type PartDraft = z.infer<typeof partDraft>;
export type OverviewDraft = z.infer<typeof overviewDraft>;

const MOST_SECTIONS = 40;
const MOST_TERMS = 20;
const MOST_QUESTIONS = 15;

/** Puts the drafts together and leaves out what is blank, said twice, or a question without its answer. */
export function notesFromDrafts({ title, summary }: OverviewDraft, parts: readonly PartDraft[]): StudyNotes {
  return {
    title: title.trim(),
    summary: summary.trim(),
    sections: evenly(
      parts.flatMap((part) => part.sections).map(({ heading, points }) => ({ heading: heading.trim(), points: points.map((point) => point.trim()).filter(Boolean) }))
        .filter(({ heading, points }) => heading !== '' && points.length > 0),
      MOST_SECTIONS,
    ),
    keyTerms: evenly(
      once(parts.flatMap((part) => part.keyTerms), ({ term }) => term.trim().toLowerCase())
        .map(({ term, explanation }) => ({ term: term.trim(), explanation: explanation.trim() }))
        .filter(({ term, explanation }) => term !== '' && explanation !== ''),
      MOST_TERMS,
    ),
    quiz: evenly(once(parts.flatMap((part) => part.quiz).flatMap(usableQuestion), ({ question }) => question), MOST_QUESTIONS),
  };
}

function usableQuestion(draft: QuizQuestion): QuizQuestion[] {
  const answer = draft.answer.trim();
  const choices = once(draft.choices.map((choice) => choice.trim()).filter(Boolean), (choice) => choice);
  const [question, explanation] = [draft.question.trim(), draft.explanation.trim()];
  return choices.includes(answer) && choices.length > 1 && question !== '' && explanation !== '' ? [{ question, choices, answer, explanation }] : [];
}

function once<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [keyOf(item), item] as const).reverse()).values()].reverse();
}

/** Not only from the beginning of a long document. */
function evenly<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)] as Item);
}
