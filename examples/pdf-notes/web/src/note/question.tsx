import { useId, useState } from 'react';

import type { QuizQuestion } from '../../../src/notes/study-notes.js';
import { CheckIcon, CloseIcon } from '../layout/icons.js';

type Reply = { readonly state: 'open' } | { readonly state: 'revealed'; readonly chosen?: string };

interface QuestionProps {
  readonly number: number;
  readonly question: QuizQuestion;
}

/** One question of the quiz. Choosing an answer, or giving up, reveals the right one and where it stands. */
export function Question({ number, question: { question, choices, answer, explanation } }: QuestionProps) {
  const [reply, setReply] = useState<Reply>({ state: 'open' });
  const headingId = useId();
  const isRevealed = reply.state === 'revealed';
  const chosen = isRevealed ? reply.chosen : undefined;

  return (
    <li className="question" aria-labelledby={headingId}>
      <p id={headingId} className="question-text">
        <span className="question-number">{number}</span>
        {question}
      </p>
      <ul className="choices">
        {choices.map((choice) => (
          <li key={choice}>
            <button
              type="button"
              className={`choice ${isRevealed ? verdictOn(choice, answer, chosen) : ''}`}
              aria-disabled={isRevealed}
              onClick={() => !isRevealed && setReply({ state: 'revealed', chosen: choice })}
            >
              {choice}
              {isRevealed && choice === answer && <CheckIcon />}
              {isRevealed && choice === chosen && choice !== answer && <CloseIcon />}
            </button>
          </li>
        ))}
      </ul>
      <div role="status" className="question-answer">
        {isRevealed && (
          <p>
            <strong>{chosen === undefined ? `${answer}.` : chosen === answer ? 'Right.' : `Not quite: ${answer}.`}</strong> {explanation}
          </p>
        )}
      </div>
      {!isRevealed && (
        <button type="button" className="button quiet" onClick={() => setReply({ state: 'revealed' })}>
          Show answer
        </button>
      )}
    </li>
  );
}

function verdictOn(choice: string, answer: string, chosen: string | undefined): string {
  if (choice === answer) return 'is-right';
  return choice === chosen ? 'is-wrong' : 'is-other';
}
