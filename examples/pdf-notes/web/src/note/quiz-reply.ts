/** What somebody made of a question: nothing yet, one of the choices, or had the answer shown. */
export type Reply = { readonly state: 'open' } | { readonly state: 'chosen'; readonly choice: string } | { readonly state: 'shown' };

export interface Score {
  readonly answered: number;
  readonly right: number;
}

/** How a quiz stands. Who had an answer shown did not know it. */
export function scoreOf(replies: readonly Reply[], answers: readonly string[]): Score {
  return {
    answered: replies.filter(({ state }) => state !== 'open').length,
    right: replies.filter((reply, index) => reply.state === 'chosen' && reply.choice === answers[index]).length,
  };
}

export function scoreSentence({ answered, right }: Score, questions: number): string {
  if (answered === 0) return `${questions} ${questions === 1 ? 'question' : 'questions'}`;
  if (answered < questions) return `${answered} of ${questions} answered, ${right} right`;
  return right === questions ? `All ${questions} right` : `${right} of ${questions} right`;
}
