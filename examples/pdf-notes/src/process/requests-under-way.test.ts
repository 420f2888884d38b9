import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RequestsUnderWay } from './requests-under-way.js';

let server: Server;
let requests: RequestsUnderWay;
let agent: Agent;
let port: number;
const waiting: ServerResponse[] = [];

beforeEach(async () => {
  server = createServer((_request, response) => void waiting.push(response));
  requests = new RequestsUnderWay(server);
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

afterEach(() => {
  waiting.length = 0;
  agent.destroy();
  server.closeAllConnections();
});

async function ask(path = '/'): Promise<string> {
  const [response] = (await once(get({ port, path, agent }), 'response')) as [IncomingMessage];
  return text(response);
}

const arrived = async (count: number): Promise<void> => {
  while (waiting.length < count) await new Promise(setImmediate);
};

test('what is under way is answered, and the connection that it came by brings nothing more', async () => {
  const answer = ask();
  await arrived(1);
  const finished = requests.finish(60_000);
  const next = ask('/next');
  waiting[0]?.end('answered');
  expect(await answer).toBe('answered');
  await finished;
  await expect(next).rejects.toThrow();
  expect(waiting).toHaveLength(1);
});

test('it does not wait for what waits for news', async () => {
  void ask('/socket.io/?transport=polling').catch(() => {});
  await arrived(1);
  const begun = performance.now();
  await requests.finish(60_000);
  expect(performance.now() - begun).toBeLessThan(1_000);
});

test('it waits no longer than it is told', async () => {
  void ask('/slow').catch(() => {});
  await arrived(1);
  const begun = performance.now();
  await requests.finish(50);
  expect(performance.now() - begun).toBeGreaterThan(40);
});
