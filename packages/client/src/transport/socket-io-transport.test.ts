import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions, type Socket } from 'socket.io';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ClientOptions } from '../client-options.js';
import { Manager } from 'socket.io-client';
import { UpgradeProxy } from '../../tests/upgrade-proxy.js';
import { socketIoTransport } from './socket-io-transport.js';

/** A real Socket.IO server, as any application has one. */
async function listening(options: Partial<ServerOptions> = {}, answer?: (request: IncomingMessage) => string | undefined) {
  const http = createServer();
  const io = new Server(http, { serveClient: false, ...options });
  http.on('request', (request, response) => {
    const text = answer?.(request);
    if (text !== undefined) response.end(text);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => void (await io.close()));
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/** One attempt to connect, and what was heard of it. */
function opened(options: ClientOptions, token?: string) {
  const listener = { onOpen: vi.fn(), onClose: vi.fn(), onEvent: vi.fn() };
  const connection = socketIoTransport(options)(token, listener);
  onTestFinished(() => connection.close());
  return { connection, ...listener };
}

const accepted = (io: Server, namespace = '/jobs') =>
  new Promise<Socket>((resolve) => io.of(namespace).once('connection', (socket) => resolve(socket)));

test('it opens with token and protocol, asks and is answered, and hears events in their order', async () => {
  const { io, url } = await listening();
  const server = accepted(io);
  const { connection, onOpen, onEvent } = opened({ url }, 'secret');
  const socket = await server;
  expect(socket.handshake.auth).toEqual({ token: 'secret', protocol: 1 });
  await vi.waitFor(() => expect(onOpen).toHaveBeenCalledOnce());

  socket.on('sync', (payload, done) => setTimeout(done, 50, { ok: true, said: payload }));
  socket.on('cancel', (payload, done) => done({ ok: true, said: payload }));
  const answers = Promise.all([connection.request('sync', { jobs: [] }), connection.request('cancel', { jobId: 'ä"\n' })]);
  expect(await answers).toEqual([
    { ok: true, said: { jobs: [] } },
    { ok: true, said: { jobId: 'ä"\n' } },
  ]);

  for (let i = 0; i < 100; i++) socket.emit('job:progress', { i });
  await vi.waitFor(() => expect(onEvent).toHaveBeenCalledTimes(100));
  expect(onEvent.mock.calls.map(([name, { i }]) => `${name} ${i}`)).toEqual(Array.from({ length: 100 }, (_, i) => `job:progress ${i}`));
});

test.each<[string, Partial<ServerOptions>]>([
  ['where no WebSocket gets through, by long polling', { transports: ['polling'] }],
  ['where long polling is off, by WebSocket', { transports: ['websocket'] }],
])('%s', async (_title, options) => {
  const { io, url } = await listening(options);
  const server = accepted(io);
  const { connection, onOpen, onClose, onEvent } = opened({ url });
  const socket = await server;
  await vi.waitFor(() => expect(onOpen).toHaveBeenCalledOnce());
  expect(socket.conn.transport.name).toBe(options.transports?.[0]);
  socket.on('cancel', (_payload, done) => done({ ok: true }));
  expect(await connection.request('cancel', { jobId: 'a' })).toEqual({ ok: true });
  socket.emit('job:progress', { i: 1 });
  await vi.waitFor(() => expect(onEvent).toHaveBeenCalledWith('job:progress', { i: 1 }));
  expect(onClose).not.toHaveBeenCalled();
});

test('path and namespace are the options’', async () => {
  const { io, url } = await listening({ path: '/live/' });
  const server = accepted(io, '/tenant/jobs');
  const { onOpen } = opened({ url, path: '/live', namespace: '/tenant/jobs' });
  await server;
  await vi.waitFor(() => expect(onOpen).toHaveBeenCalledOnce());
});

test.each([
  [{ code: 'UNAUTHENTICATED' }, 'UNAUTHENTICATED'],
  [{ code: 'UNSUPPORTED_PROTOCOL' }, 'UNSUPPORTED_PROTOCOL'],
  [{ code: 'INTERNAL' }, 'REFUSED'],
  [undefined, 'REFUSED'],
])('a refusal with %j closes it as %s, with what the server said', async (data, reason) => {
  const { io, url } = await listening();
  io.of('/jobs').use((_socket, next) => next(Object.assign(new Error('Not you.'), data && { data })));
  const { onOpen, onClose } = opened({ url });
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledWith(reason, 'Not you.'));
  expect(onOpen).not.toHaveBeenCalled();
});

test('a namespace that is not there is a refusal that can pass', async () => {
  const { url } = await listening();
  const { onClose } = opened({ url });
  await vi.waitFor(() => expect(onClose).toHaveBeenCalledWith('REFUSED', 'Invalid namespace'));
});

test('who is closed by the server, loses the connection, or reaches nobody is told which', async () => {
  const { io, url } = await listening();
  const server = accepted(io);
  const first = opened({ url });
  (await server).disconnect();
  await vi.waitFor(() => expect(first.onClose.mock.calls[0]?.[0]).toBe('CLOSED_BY_SERVER'));

  const again = accepted(io);
  const second = opened({ url });
  const socket = await again;
  await vi.waitFor(() => expect(second.onOpen).toHaveBeenCalled());
  socket.conn.close();
  await vi.waitFor(() => expect(second.onClose.mock.calls[0]?.[0]).toBe('CONNECTION_LOST'));

  await io.close();
  const third = opened({ url });
  await vi.waitFor(() => expect(third.onClose.mock.calls[0]?.[0]).toBe('UNREACHABLE'));
});

test('what cannot be decoded ends the connection, because it may have been an event', async () => {
  const { io, url } = await listening();
  const server = accepted(io);
  const { onOpen, onClose, onEvent } = opened({ url });
  const socket = await server;
  await vi.waitFor(() => expect(onOpen).toHaveBeenCalled());
  socket.conn.write('2/jobs,["job:progress",');
  await vi.waitFor(() => expect(onClose.mock.calls[0]?.[0]).toBe('CONNECTION_LOST'));
  expect(onEvent).not.toHaveBeenCalled();
});

test('a server that is none of Socket.IO is somebody who is not reached', async () => {
  const { url } = await listening({ path: '/elsewhere' }, () => 'Hello.');
  const { onClose } = opened({ url });
  await vi.waitFor(() => expect(onClose.mock.calls[0]?.[0]).toBe('UNREACHABLE'), 10_000);
});

test('closing ends it for the server at once, and nothing is heard any more, of the closing neither', async () => {
  const { io, url } = await listening();
  const server = accepted(io);
  const { connection, onOpen, onClose, onEvent } = opened({ url });
  const socket = await server;
  await vi.waitFor(() => expect(onOpen).toHaveBeenCalled());
  const gone = new Promise((resolve) => socket.once('disconnect', resolve));
  socket.emit('job:progress', {});
  connection.close();
  await gone;
  expect([onClose.mock.calls, onEvent.mock.calls]).toEqual([[], []]);
  expect(io.of('/jobs').sockets.size).toBe(0);
});

test.each(['refuse', 'hang', 'swallow'] as const)('behind a proxy that would %s WebSocket upgrades, long polling connects, and is remembered', async (policy) => {
  const { io, url } = await listening();
  await using proxy = await UpgradeProxy.before(() => Number(new URL(url).port), policy);
  const server = accepted(io);
  const open = socketIoTransport({ url: proxy.origin });
  const listener = { onOpen: vi.fn(), onClose: vi.fn(), onEvent: vi.fn() };
  const first = open('token', listener);
  const socket = await server;
  await vi.waitFor(() => expect(listener.onOpen).toHaveBeenCalledOnce());
  expect(socket.conn.transport.name).toBe('polling');
  first.close();

  const again = accepted(io);
  const second = open('token', listener);
  onTestFinished(() => second.close());
  expect((await again).conn.transport.name).toBe('polling');
  await vi.waitFor(() => expect(listener.onOpen).toHaveBeenCalledTimes(2));
  proxy.policy = 'pass';
  second.close();
  const later = accepted(io);
  const third = open('token', listener);
  onTestFinished(() => third.close());
  const upgraded = await later;
  await vi.waitFor(() => expect(upgraded.conn.transport.name).toBe('websocket'), 5_000);
});

test('the application’s own manager carries it beside the application’s namespaces, and outlives it', async () => {
  const { io, url } = await listening();
  const manager = new Manager(url, { transports: ['websocket'] });
  onTestFinished(() => void manager._close());
  const chat = manager.socket('/');
  const connections = vi.fn();
  io.engine.on('connection', connections);
  await vi.waitFor(() => expect(chat.connected).toBe(true));

  for (const token of ['first', 'second']) {
    const server = accepted(io);
    const { connection, onOpen, onClose } = opened({ manager }, token);
    expect((await server).handshake.auth).toEqual({ token, protocol: 1 });
    await vi.waitFor(() => expect(onOpen).toHaveBeenCalledOnce());
    connection.close();
    await vi.waitFor(() => expect(io.of('/jobs').sockets.size).toBe(0));
    expect(onClose).not.toHaveBeenCalled();
    expect(chat.connected).toBe(true);
  }
  expect(connections).toHaveBeenCalledOnce();
});

test('query, headers and transports are the application’s', async () => {
  const { io, url } = await listening();
  const server = accepted(io);
  opened({ url, transports: ['polling'], query: { tenant: 'acme' }, extraHeaders: { 'x-app': 'notes' } });
  const { handshake, conn } = await server;
  expect([handshake.query['tenant'], handshake.headers['x-app'], conn.transport.name]).toEqual(['acme', 'notes', 'polling']);
});
