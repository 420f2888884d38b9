import type { ModelSettings } from '../../src/notes/generate-notes.js';

/** What a chat request of an OpenAI-compatible client holds, as far as tests look at it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly response_format?: { readonly type: string };
}

/** A string is the model's answer; anything else is an HTTP answer with the given status and headers. */
export type StubAnswer = string | { readonly status: number; readonly headers?: Readonly<Record<string, string>> };

/** An OpenAI-compatible model that answers as it is told, and remembers what it was asked. Where it is reached is up to others. */
export class StubModel {
  readonly requests: ChatRequest[] = [];
  readonly keys: (string | null)[] = [];
  /** When each request came, in milliseconds. */
  readonly times: number[] = [];
  readonly #answer: (request: ChatRequest, count: number) => StubAnswer | Promise<StubAnswer>;

  /** @param answer is told the request, and that it is the first, the second … */
  constructor(answer: (request: ChatRequest, count: number) => StubAnswer | Promise<StubAnswer>) {
    this.#answer = answer;
  }

  settingsAt(baseUrl: string): ModelSettings {
    return { baseUrl, model: 'stub-1', apiKey: 'key-1' };
  }

  async respond(request: Request): Promise<Response> {
    const body = (await request.json()) as ChatRequest;
    this.requests.push(body);
    this.keys.push(request.headers.get('authorization'));
    this.times.push(performance.now());
    const said = await this.#answer(body, this.requests.length);
    if (typeof said !== 'string') return Response.json({ error: { message: 'as told', type: 'stub' } }, said);
    const choice = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: said } };
    return Response.json({ id: 'stub', object: 'chat.completion', created: 0, model: body.model, choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } });
  }
}
