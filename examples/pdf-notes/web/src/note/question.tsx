import { useEffect, useId, useRef, type KeyboardEvent } from 'react';

import type { QuizQuestion } from '../../../src/notes/study-notes.js';
import { CheckIcon, CloseIcon } from '../layout/icons.js';
import { GapText, withoutGaps } from './gap-text.js';
import type { Reply } from './quiz-reply.js';

interface QuestionProps {
  readonly number: number;
  readonly question: QuizQuestion;
  readonly reply: Reply;
  onReply(reply: Reply): void;
}

/** One question of the quiz. Choosing an answer, or giving up, reveals the right one and where it stands. */
export function Question({ number, question: { question, choices, answer, explanation }, reply, onReply }: QuestionProps) {
  const headingId = useId();
  const verdict = useRef<HTMLDivElement>(null);
  const isRevealed = reply.state !== 'open';

  // The button that was pressed is gone; what it brought is where the reading goes on.
  useEffect(() => {
    if (reply.state === 'shown') verdict.current?.focus();
  }, [reply.state]);

  const choose = (choice: string | undefined) => {
    if (!isRevealed && choice !== undefined) onReply({ state: 'chosen', choice });
  };
  const chooseByKey = ({ key, ctrlKey, altKey, metaKey }: KeyboardEvent) => {
    if (!ctrlKey && !altKey && !metaKey && /^[1-9]$/.test(key)) choose(choices[Number(key) - 1]);
  };
  return (
    <li className="question">
      <div role="group" aria-labelledby={headingId} onKeyDown={chooseByKey}>
        <p id={headingId} className="question-text">
          <span className="question-number">{number}</span>
          <span>
            <GapText text={question} filling={isRevealed ? answer : undefined} />
          </span>
        </p>
        <ul className="choices">
          {choices.map((choice, index) => (
            <li key={choice}>
              <button
                type="button"
                className={`choice ${verdictOn(choice, answer, reply)}`}
                aria-disabled={isRevealed}
                aria-keyshortcuts={String(index + 1)}
                onClick={() => choose(choice)}
              >
                <span>{choice}</span>
                {isRevealed && choice === answer && <CheckIcon />}
                {reply.state === 'chosen' && choice === reply.choice && choice !== answer && <CloseIcon />}
              </button>
            </li>
          ))}
        </ul>
        <div ref={verdict} role="status" tabIndex={-1} className="question-answer">
          {isRevealed && (
            <p>
              <strong>{verdictSentence(reply, answer)}</strong> {withoutGaps(question, answer) === explanation ? '' : explanation}
            </p>
          )}
        </div>
        {!isRevealed && (
          <button type="button" className="button quiet" onClick={() => onReply({ state: 'shown' })}>
            Show answer
          </button>
        )}
      </div>
    </li>
  );
}

function verdictOn(choice: string, answer: string, reply: Reply): string {
  if (reply.state === 'open') return '';
  if (choice === answer) return 'is-right';
  return reply.state === 'chosen' && choice === reply.choice ? 'is-wrong' : 'is-other';
}

function verdictSentence(reply: Reply, answer: string): string {
  if (reply.state !== 'chosen') return `The answer: ${answer}.`;
  return reply.choice === answer ? 'Right.' : `Not quite: ${answer}.`;
}
