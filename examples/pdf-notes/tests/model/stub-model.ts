import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { ModelSettings } from '../../src/notes/generate-notes.js';

/** What a chat request of an OpenAI-compatible client holds, as far as tests look at it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format?: { readonly type: string };
}

/** A string is the model's answer; anything else is an HTTP answer with the given status and headers. */
export type StubAnswer = string | { readonly status: number; readonly headers?: Readonly<Record<string, string>> };

/** A local OpenAI-compatible server that answers as it is told. */
export async function startStubModel(answer: (request: ChatRequest, count: number) => StubAnswer | Promise<StubAnswer>) {
  const requests: ChatRequest[] = [];
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => void reply(request, response));
  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await json(request)) as ChatRequest;
    requests.push(body);
    keys.push(request.headers.authorization);
    const said = request.url === '/v1/chat/completions' ? await answer(body, requests.length) : { status: 404 };
    if (typeof said !== 'string') {
      response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers }).end(JSON.stringify({ error: { message: 'as told', type: 'stub' } }));
      return;
    }
    const choice = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: said } };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'stub', object: 'chat.completion', created: 0, model: body.model, choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const settings: ModelSettings = { baseUrl: `http://127.0.0.1:${port}/v1`, model: 'stub-1', apiKey: 'key-1' };
  return {
    settings,
    requests,
    keys,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
