import type { ChatRequest } from './stub-model.js';

export const question = (number: number) => ({
  question: `What pulls at sea ${number}?`,
  choices: ['The moon', 'The wind', 'The sun'],
  answer: 'The moon',
  explanation: 'The moon pulls at the sea.',
});

export const partAbout = (number: number) => ({
  summary: `Summary of part ${number}.`,
  sections: [{ heading: `Part ${number}`, points: [`Point ${number} is a sentence.`] }],
  keyTerms: [{ term: `tide ${number}`, explanation: 'A tide is a movement of the sea.' }],
  quiz: [question(number)],
});

export const OVERVIEW = { title: 'The tides', summary: 'The moon pulls. The sea follows. The tides rise.' };

export const isOverview = ({ messages }: ChatRequest) => messages.some(({ content }) => content.includes('Sum up the whole'));

/** Answers each part with notes about its number, and the request for the whole. */
export const goodAnswer = (request: ChatRequest, count: number) => JSON.stringify(isOverview(request) ? OVERVIEW : partAbout(count));
