import type { QuizQuestion } from '../../../src/notes/study-notes.js';
import { Question } from './question.js';

export function Quiz({ questions }: { questions: readonly QuizQuestion[] }) {
  if (questions.length === 0) return null;
  return (
    <section aria-labelledby="quiz-heading">
      <h2 id="quiz-heading">Test yourself</h2>
      <ol className="quiz">
        {questions.map((question, index) => (
          <Question key={index} number={index + 1} question={question} />
        ))}
      </ol>
    </section>
  );
}
