import { useRef, useState } from 'react';

import type { QuizQuestion } from '../../../src/notes/study-notes.js';
import { Question } from './question.js';
import { scoreOf, scoreSentence, type Reply } from './quiz-reply.js';

const allOpen = (questions: readonly QuizQuestion[]): readonly Reply[] => questions.map(() => ({ state: 'open' }));

/** Questions on what was read, with their answers and a score. */
export function Quiz({ questions }: { questions: readonly QuizQuestion[] }) {
  const [replies, setReplies] = useState(() => allOpen(questions));
  const heading = useRef<HTMLHeadingElement>(null);
  if (questions.length === 0) return null;

  const score = scoreOf(replies, questions.map(({ answer }) => answer));
  const reply = (position: number, given: Reply) => setReplies((all) => all.map((one, index) => (index === position ? given : one)));
  const startOver = () => {
    setReplies(allOpen(questions));
    heading.current?.focus();
  };
  return (
    <section aria-labelledby="quiz-heading">
      <div className="quiz-head">
        <h2 id="quiz-heading" ref={heading} tabIndex={-1}>
          Test yourself
        </h2>
        <p role="status" className="quiz-score">
          {scoreSentence(score, questions.length)}
        </p>
      </div>
      <p className="quiz-hint">Inside a question, the keys 1 to 4 choose an answer.</p>
      <ol className="quiz">
        {questions.map((question, index) => (
          <Question key={index} number={index + 1} question={question} reply={replies[index] ?? { state: 'open' }} onReply={(given) => reply(index, given)} />
        ))}
      </ol>
      {score.answered > 0 && (
        <button type="button" className="button quiz-again" onClick={startOver}>
          Start over
        </button>
      )}
    </section>
  );
}
