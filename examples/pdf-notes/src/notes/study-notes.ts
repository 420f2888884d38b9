import { z } from 'zod';

const text = z.string().trim().min(1);

/** Notes to study from, as they are stored and shown. */
export const studyNotes = z.object({
  title: text,
  /** Three to five sentences. */
  summary: text,
  sections: z.array(z.object({ heading: text, points: z.array(text).min(1) })).min(1),
  keyTerms: z.array(z.object({ term: text, explanation: text })),
  quiz: z.array(
    z.object({
      /** A question, or a sentence with a gap, written as `____`. */
      question: text,
      /** One of them is the answer. */
      choices: z.array(text).min(2),
      answer: text,
      /** The sentence to read again. */
      explanation: text,
    }),
  ),
});

export type StudyNotes = z.infer<typeof studyNotes>;
export type KeyTerm = StudyNotes['keyTerms'][number];
export type QuizQuestion = StudyNotes['quiz'][number];
