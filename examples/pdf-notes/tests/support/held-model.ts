import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Everything that a model is asked for in one, whether about a part of a document or about the whole. */
const ANSWER = {
  title: 'Hearing',
  summary: 'The ear turns movements of the air into nerve signals.',
  sections: [{ heading: 'The ear', points: ['The outer ear collects sound.', 'The inner ear translates it.'] }],
  keyTerms: [{ term: 'cochlea', explanation: 'The cochlea is the part of the inner ear that hears.' }],
  quiz: [{ question: 'What collects sound?', choices: ['The outer ear', 'The nose'], answer: 'The outer ear', explanation: 'The outer ear collects sound.' }],
};

export interface HeldModel extends AsyncDisposable {
  /** The environment of workers that ask it. */
  readonly environment: Readonly<Record<string, string>>;
  /** How many questions wait for an answer now: so many jobs are in GENERATING_NOTES. */
  readonly waiting: number;
  /** Answers what waits, and from now on at once. */
  letAnswer(): void;
}

/** An OpenAI-compatible server that keeps jobs in GENERATING_NOTES for as long as a test needs them there. */
export async function startHeldModel(): Promise<HeldModel> {
  const waiting = new Set<ServerResponse>();
  let isHeld = true;
  const answer = (response: ServerResponse): void => {
    const message = { role: 'assistant', content: JSON.stringify(ANSWER) };
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ id: 'held', object: 'chat.completion', created: 0, model: 'held', choices: [{ index: 0, finish_reason: 'stop', message }], usage }));
  };
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      if (!isHeld) return answer(response);
      waiting.add(response);
      response.once('close', () => waiting.delete(response));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    environment: { AI_BASE_URL: `http://127.0.0.1:${port}/v1`, AI_MODEL: 'held', AI_API_KEY: 'key' },
    get waiting() {
      return waiting.size;
    },
    letAnswer() {
      isHeld = false;
      waiting.forEach(answer);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
