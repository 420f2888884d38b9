import { UnrecoverableError } from 'bullmq';
import { expect, test } from 'vitest';
import { NotesProblem } from '../notes/notes-problem.js';
import { PDF_PROBLEMS, PdfProblem, type PdfProblemCode } from '../pdf/pdf-problem.js';
import { FinalProblem, PassingProblem, problemOf } from './job-problem.js';

test.each(Object.keys(PDF_PROBLEMS) as PdfProblemCode[])('%s is final, and told in its own words', (code) => {
  const problem = problemOf(new PdfProblem(code));
  expect(problem).toBeInstanceOf(UnrecoverableError);
  expect(problem).toMatchObject({ name: 'UnrecoverableError', code, message: PDF_PROBLEMS[code] });
});

test('too little text is final, a model that does not answer is asked again, both in words of their own', () => {
  expect(problemOf(new NotesProblem('TOO_LITTLE_TEXT'))).toBeInstanceOf(FinalProblem);
  const passing = problemOf(new NotesProblem('MODEL_UNAVAILABLE'));
  expect(passing).toBeInstanceOf(PassingProblem);
  expect(passing).toMatchObject({ code: 'MODEL_UNAVAILABLE', message: new NotesProblem('MODEL_UNAVAILABLE').message });
});

test('trouble of ours is tried again, and users do not get to see addresses and ports', () => {
  const cause = new Error('connect ECONNREFUSED 10.0.0.7:5432');
  const problem = problemOf(cause);
  expect(problem).toBeInstanceOf(PassingProblem);
  expect(problem).not.toBeInstanceOf(UnrecoverableError);
  expect(problem.message).not.toMatch(/ECONN|10\.0/);
  expect(problem.cause).toBe(cause);
});

test('a problem that is in the user’s words already stays as it is', () => {
  const problem = new FinalProblem('FILE_GONE', 'The uploaded file is gone.');
  expect(problemOf(problem)).toBe(problem);
});
