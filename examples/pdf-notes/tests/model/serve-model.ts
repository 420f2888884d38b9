import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { StubModel } from './stub-model.js';

/** A model that other processes can ask. */
export interface ServedModel extends AsyncDisposable {
  /** With the version, as `AI_BASE_URL` wants it. */
  readonly baseUrl: string;
}

/** Puts a stub of a model behind a real HTTP server. */
export async function serveModel(model: StubModel): Promise<ServedModel> {
  const server = createServer((request, response) => void answer(model, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(model: StubModel, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (incoming.url !== '/v1/chat/completions') {
    outgoing.writeHead(404).end();
    return;
  }
  const headers = { authorization: incoming.headers.authorization ?? '' };
  const response = await model.respond(new Request('http://model.test', { method: 'POST', headers, body: await buffer(incoming) }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
}
