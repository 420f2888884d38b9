import { expect, test } from 'vitest';
import { debug, type DebugEntry } from './debug.js';
import type { OpenTransport, Request } from './transport/transport.js';
import { createVirtualClock } from './testing/virtual-clock.js';
import { WebSocketService } from './websocket-service.js';

const answers = { subscribe: { ok: true, snapshots: [], cursor: 'c' }, sync: { ok: true, snapshots: [], unknown: [] }, unsubscribe: { ok: true } };

/** A client with `debug`, what it writes, and how its connection is lost. */
function debugged() {
  const entries: DebugEntry[] = [];
  let lose = () => {};
  const transport: OpenTransport = (_token, listener) => {
    queueMicrotask(() => listener.onOpen());
    lose = () => listener.onClose('CONNECTION_LOST', 'transport close');
    return { transport: 'websocket', request: (async (name: keyof typeof answers) => answers[name]) as unknown as Request, close() {} };
  };
  const timing = createVirtualClock();
  const options = debug({ auth: () => 'secret', transport, fetch: async () => new Response('down', { status: 502 }), onError: () => {} }, (entry) => entries.push(entry));
  const client = new WebSocketService(options, { timing, watchWakeSignals: () => () => {} });
  return { client, entries, timing, lose: () => lose() };
}

test('debug writes attempts, the transport, requests with their answers, events, losses and their reasons, and status requests', async () => {
  const { client, entries, timing, lose } = debugged();
  client.subscribe({ userId: 'u-1' });
  void client.connect();
  await timing.advance(0);
  lose();
  await timing.advance('400ms');
  await client.cancel('job').catch(() => {});
  client.disconnect();
  expect(entries.map(({ type }) => type)).toEqual(['token', 'connecting', 'connected', 'request', 'answer', 'closed', 'token', 'http']);
  expect(entries).toMatchObject([
    { isGiven: true },
    {},
    { transport: 'websocket' },
    { name: 'subscribe', payload: { subscriptions: [{ userId: 'u-1' }] } },
    { name: 'subscribe', answer: { ok: true } },
    { reason: 'CONNECTION_LOST', message: 'transport close' },
    {},
    { method: 'POST', url: '/api/jobs/job/cancel', status: 502 },
  ]);
});

test('debug never writes a token', async () => {
  const { client, entries, timing } = debugged();
  client.subscribe({ userId: 'u-1' });
  void client.connect();
  await timing.advance('2s');
  client.disconnect();
  expect(JSON.stringify(entries)).not.toContain('secret');
  expect(entries.at(-1)).toEqual({ type: 'closed', reason: 'CLOSED_BY_CLIENT' });
});
