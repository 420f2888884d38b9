import { expect, test, vi } from 'vitest';
import type { OpenTransport } from '../src/index.js';
import { diary, fakeServer, followedServer, sent, USER } from './follow.js';

test('nothing opens by itself, and connect resolves when CONNECTED', async () => {
  const server = fakeServer();
  server.client.subscribe({ userId: USER });
  await server.advance('1m');
  expect([server.client.state, server.connections]).toEqual(['DISCONNECTED', 0]);
  await server.client.connect();
  expect([server.client.state, server.client.isConnected, server.connections]).toEqual(['CONNECTED', true, 1]);
  await server.client.connect();
  expect(server.connections).toBe(1);
});

test('a lost connection passes through RECONNECTING and restores every subscription in one round trip', async () => {
  const server = await followedServer();
  const { client } = server;
  const states: string[] = [];
  client.on({ onStateChange: (state, previous, reason) => states.push(`${previous} ${state} ${reason}`) });
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  client.subscribe({ jobId: 'a' });
  client.subscribe({ jobId: 'a' });
  await server.advance(0);
  const before = sent(server, 'subscribe');
  server.restartServer();
  await server.advance('2s');
  expect(states).toEqual(['CONNECTED RECONNECTING CONNECTION_LOST', 'RECONNECTING CONNECTED ACCEPTED']);
  expect(sent(server, 'subscribe') - before).toBe(1);
  expect(server.requests.findLast(({ name }) => name === 'subscribe')?.payload).toEqual({
    subscriptions: [{ userId: USER }, { jobId: 'a' }],
  });
});

test('onConnect and onDisconnect are told, and a handler that throws or rejects is reported and keeps no other from being called', async () => {
  const onError = vi.fn();
  const server = fakeServer({ clientOptions: { onError } });
  const heard: string[] = [];
  const problem = new Error('from the application');
  const later = new Error('from a promise of the application');
  server.client.on({
    onConnect() {
      throw problem;
    },
  });
  server.client.on({ onConnect: () => Promise.reject(later) as never });
  server.client.on({ onConnect: () => heard.push('connected'), onDisconnect: (reason) => heard.push(reason) });
  await server.client.connect();
  server.client.disconnect();
  expect(heard).toEqual(['connected', 'DISCONNECT_CALLED']);
  await server.advance(0);
  expect(onError.mock.calls).toEqual([[problem], [later]]);
});

test('a handler that changes the state lets nobody hear of it before what led to it', async () => {
  const server = fakeServer();
  const heard: string[] = [];
  server.client.on({ onStateChange: (state) => state === 'CONNECTED' && server.client.disconnect() });
  server.client.on({
    onStateChange: (state) => heard.push(state),
    onConnect: () => heard.push('connected'),
    onDisconnect: () => heard.push('disconnected'),
  });
  void server.client.connect();
  await server.advance(0);
  expect(heard).toEqual(['CONNECTING', 'CONNECTED', 'connected', 'DISCONNECTED', 'disconnected']);
});

test('attempts go on for as long as the server is away, each with a new token', async () => {
  const auth = vi.fn(async () => 'user-1#1');
  const server = fakeServer({ clientOptions: { auth } });
  server.disconnect({ http: true });
  const connected = vi.fn();
  void server.client.connect().then(connected);
  await server.advance('10m');
  expect(server.client.state).toBe('CONNECTING');
  expect(auth.mock.calls.length).toBeGreaterThan(10);
  expect(auth.mock.calls.length).toBeLessThan(100);
  server.reconnect();
  await server.advance('30s');
  expect(server.client.state).toBe('CONNECTED');
  expect(connected).toHaveBeenCalledOnce();
});

test('a refusal that is final stops visibly and rejects connect', async () => {
  const auth = vi.fn(() => 'forged');
  const server = fakeServer({ clientOptions: { auth } });
  const disconnected = vi.fn();
  server.client.on({ onStateChange: disconnected });
  await expect(server.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'The token is not valid.' });
  expect(disconnected).toHaveBeenLastCalledWith('DISCONNECTED', 'CONNECTING', 'UNAUTHENTICATED', 'The token is not valid.');
  await server.advance('1m');
  const asked = auth.mock.calls.length;
  await server.advance('10m');
  expect(server.client.state).toBe('DISCONNECTED');
  expect(auth).toHaveBeenCalledTimes(asked);
  expect(asked).toBeLessThanOrEqual(6);
});

test('where auth gives another token within half a minute after a refusal, the client connects with it', async () => {
  let token = 'stale';
  const server = fakeServer({ clientOptions: { auth: () => token } });
  await expect(server.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await server.advance('25s');
  token = 'user-1#1';
  await server.advance('6s');
  expect(server.client.state).toBe('CONNECTED');
});

test('a client that was disconnected after a refusal asks for no other token', async () => {
  const auth = vi.fn(() => 'stale');
  const server = fakeServer({ clientOptions: { auth } });
  await expect(server.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  server.client.disconnect();
  const asked = auth.mock.calls.length;
  await server.advance('1m');
  expect(auth).toHaveBeenCalledTimes(asked);
  expect(server.clock.pending).toBe(0);
});

test('a token that is stale for a moment costs one more question, not the connection', async () => {
  const auth = vi.fn(() => 'user-1#1').mockImplementationOnce(() => 'stale');
  const server = fakeServer({ clientOptions: { auth } });
  await server.client.connect();
  expect(auth).toHaveBeenCalledTimes(2);
});

test('an auth that gives another refused token each time is asked a few times, not for ever', async () => {
  let n = 0;
  const auth = vi.fn(() => `forged-${n++}`);
  const server = fakeServer({ clientOptions: { auth } });
  await expect(server.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await server.advance('5m');
  expect(auth.mock.calls.length).toBeLessThanOrEqual(6);
});

test('after a refusal a page that is shown again, or connect, tries again with what auth gives then', async () => {
  let token = 'stale';
  const server = fakeServer({ clientOptions: { auth: () => token } });
  await expect(server.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  server.wake();
  await server.advance('3s');
  expect(server.client.state).toBe('DISCONNECTED');
  token = 'user-1#1';
  server.wake();
  await server.advance('3s');
  expect(server.client.state).toBe('CONNECTED');

  server.client.disconnect();
  server.wake();
  await server.advance('3s');
  expect(server.client.state).toBe('DISCONNECTED');
  await server.client.connect();
  expect(server.client.state).toBe('CONNECTED');
});

test('connect during a pause between two attempts begins the next one at once', async () => {
  const server = fakeServer({ random: () => 0.999 });
  server.disconnect();
  void server.client.connect();
  await server.advance('40s');
  server.reconnect();
  await server.client.connect();
  expect(server.client.state).toBe('CONNECTED');
});

test('200 wake signals in half a second are two syncs', async () => {
  const server = await followedServer();
  await server.advance('5s');
  const before = sent(server, 'sync');
  for (let i = 0; i < 200; i++) {
    server.wake();
    await server.advance('2ms');
  }
  await server.advance('2s');
  expect(sent(server, 'sync') - before).toBe(2);
});

test('an auth function that throws is reported, and the next attempt asks again', async () => {
  const onError = vi.fn();
  const auth = vi.fn(() => 'user-1#1').mockImplementationOnce(() => {
    throw new Error('the token service is away');
  });
  const server = fakeServer({ clientOptions: { auth, onError } });
  void server.client.connect();
  await server.advance('3s');
  expect(server.client.state).toBe('CONNECTED');
  expect(onError).toHaveBeenCalledOnce();
  expect(auth).toHaveBeenCalledTimes(2);
});

test('an auth function that never answers is given up after 5 s', async () => {
  const auth = vi.fn(() => 'user-1#1').mockImplementationOnce(() => new Promise<string>(() => {}) as never);
  const server = fakeServer({ clientOptions: { auth } });
  void server.client.connect();
  await server.advance('4900ms');
  expect(auth).toHaveBeenCalledTimes(1);
  await server.advance('3s');
  expect(auth).toHaveBeenCalledTimes(2);
  expect(server.client.state).toBe('CONNECTED');
});

test('a server that accepts and drops at once is not stormed', async () => {
  const server = fakeServer({ random: () => 0.999 });
  let accepted = 0;
  server.client.on({
    onConnect() {
      accepted++;
      server.restartServer();
    },
  });
  void server.client.connect();
  await server.advance('60s');
  expect(accepted).toBeLessThanOrEqual(7);
});

test('after 30 s of a stable connection the next loss counts as the first', async () => {
  const server = await followedServer({ random: () => 0.999 });
  const timeToReturn = async () => {
    const from = server.clock.now();
    server.restartServer();
    while (!server.client.isConnected) await server.advance('100ms');
    return server.clock.now() - from;
  };
  for (let i = 0; i < 4; i++) await timeToReturn();
  expect(await timeToReturn()).toBeGreaterThan(20_000);
  await server.advance('31s');
  expect(await timeToReturn()).toBeLessThan(2_100);
});

test('an expiring token is renewed on the living connection', async () => {
  const server = await followedServer();
  const lost = vi.fn();
  server.client.on({ onDisconnect: lost });
  server.expireToken();
  await server.advance('5m');
  expect(lost).not.toHaveBeenCalled();
  expect(server.client.state).toBe('CONNECTED');
  expect(sent(server, 'authenticate')).toBe(1);
});

test('without a fresh token in time the server disconnects, and the client comes back with one', async () => {
  let current = 'user-1#1';
  const server = await followedServer({ clientOptions: { auth: () => current } });
  const reasons: string[] = [];
  server.client.on({ onDisconnect: (reason) => reasons.push(reason) });
  server.expireToken();
  await server.advance('59s');
  current = 'user-1#2';
  await server.advance('5s');
  expect(reasons).toEqual(['CLOSED_BY_SERVER']);
  expect(server.client.state).toBe('CONNECTED');
});

test('waking up finds a dead connection within 5 s, and opens another', async () => {
  const server = await followedServer();
  const reasons: string[] = [];
  server.client.on({ onDisconnect: (reason) => reasons.push(reason) });
  await server.sleepTab('10m');
  expect(server.client.state).toBe('CONNECTED');
  await server.advance('5s');
  expect(reasons).toEqual(['NO_ANSWER']);
  await server.advance('2s');
  expect(server.client.state).toBe('CONNECTED');
});

test('waking up does not wait for the next attempt', async () => {
  const server = await followedServer({ random: () => 0.999 });
  server.disconnect({ http: true });
  await server.advance('5m');
  server.reconnect();
  await server.sleepTab('1s');
  expect(server.client.state).toBe('CONNECTED');
});

test('waking up does not wait for an attempt that was begun before the sleep', async () => {
  let hangs = true;
  const auth = vi.fn(() => (hangs ? new Promise<string>(() => {}) : 'user-1#1'));
  const server = fakeServer({ clientOptions: { auth } });
  void server.client.connect();
  await server.advance('1s');
  hangs = false;
  await server.sleepTab('10m');
  expect(server.client.state).toBe('CONNECTED');
  await server.sleepTab('1s');
  expect(auth).toHaveBeenCalledTimes(2);
});

test('disconnect leaves no timer and no connection, and connect restores everything', async () => {
  const server = await followedServer();
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  server.client.disconnect();
  // What the tab remembers is written.
  await server.advance('500ms');
  expect([server.connections, server.clock.pending]).toEqual([0, 0]);
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 50 });
  expect(server.client.getJob('a')?.progress).toBe(1);
  await server.client.connect();
  await server.advance(0);
  expect(server.client.getJob('a')?.progress).toBe(50);
});

test('disconnecting before it connects rejects connect', async () => {
  const server = fakeServer();
  const connected = server.client.connect();
  server.client.disconnect();
  await expect(connected).rejects.toMatchObject({ code: 'DISCONNECT_CALLED' });
  await server.advance('1m');
  expect(server.connections).toBe(0);
});

test('a client that is closed is disconnected, tells nobody anything, and leaves what it remembers', async () => {
  const server = await followedServer();
  server.client.trackJob('a');
  const lines = diary(server, 'tracked');
  server.client.close();
  server.complete({ jobId: 'a' });
  await server.advance('1m');
  expect([server.client.state, server.connections, server.clock.pending, lines]).toEqual(['DISCONNECTED', 0, 0, []]);
  const client = server.reloadTab();
  const next = diary(server, 'tracked');
  client.subscribe({ userId: USER });
  await client.connect();
  await server.advance('1s');
  expect(next).toEqual(['completed a initial tracked']);
});

test.each(['UNREACHABLE', 'UNAUTHENTICATED'])('%s is told to onError once, with the address and what to check', async (code) => {
  const onError = vi.fn();
  const auth = code === 'UNAUTHENTICATED' ? () => 'forged' : () => 'user-1#1';
  const server = fakeServer({ clientOptions: { onError, auth, url: 'http://jobs.test' } });
  if (code === 'UNREACHABLE') server.disconnect();
  void server.client.connect();
  await server.advance('3m');
  expect(onError.mock.calls.map(([error]) => [error.code, error.message])).toEqual([
    [code, expect.stringMatching(/http:\/\/jobs\.test.*Check/)],
  ]);
});

test.each([
  ['throws', () => { throw new Error('no AppState'); }, 1],
  ['gives nothing', () => undefined, 0],
  ['gives a function that throws', () => () => { throw new Error('gone'); }, 1],
])('watchWakeSignals that %s breaks neither connect nor reset', async (_what, watch, told) => {
  const onError = vi.fn();
  const server = fakeServer({ clientOptions: { watchWakeSignals: watch as never, onError } });
  await server.client.connect();
  server.client.reset();
  await server.client.connect();
  server.client.close();
  expect(onError.mock.calls.length).toBe(2 * told);
});

/** The codes, or the messages of what has none, that `onError` is told. */
function toldErrors() {
  const told: unknown[] = [];
  return { told, onError: (error: unknown) => void told.push((error as { code?: string }).code ?? (error as Error).message) };
}

test('an auth that throws each time is told once until a connection is made', async () => {
  const { told, onError } = toldErrors();
  let isBroken = true;
  const auth = () => {
    if (isBroken) throw new Error('no session');
    return 'user-1#1';
  };
  const server = fakeServer({ clientOptions: { auth, onError } });
  void server.client.connect();
  await server.advance('5m');
  expect(told).toEqual(['no session']);
  isBroken = false;
  await server.advance('1m');
  isBroken = true;
  server.restartServer();
  await server.advance('5m');
  expect([server.client.state, told]).toEqual(['RECONNECTING', ['no session', 'no session']]);
});

test('two faults that take turns are told once each', async () => {
  const { told, onError } = toldErrors();
  let attempts = 0;
  const open: OpenTransport = (_token, listener) => {
    queueMicrotask(() => listener.onClose(attempts++ % 2 ? 'REFUSED' : 'UNREACHABLE', 'The store is away.'));
    return { request: () => new Promise(() => {}), close() {} };
  };
  const server = fakeServer({ clientOptions: { transport: open, shareAcrossTabs: () => open, onError } });
  void server.client.connect();
  await server.advance('5m');
  expect(attempts).toBeGreaterThan(5);
  expect(told).toEqual(['UNREACHABLE', 'REFUSED']);
});

test('a transport that throws is not reached, and what it threw is told', async () => {
  const { told, onError } = toldErrors();
  const open: OpenTransport = () => {
    throw new Error('no WebSocket here');
  };
  const server = fakeServer({ clientOptions: { shareAcrossTabs: () => open, onError } });
  void server.client.connect();
  await server.advance('1m');
  expect([server.client.connection.reason, told]).toEqual(['UNREACHABLE', ['no WebSocket here']]);
});
