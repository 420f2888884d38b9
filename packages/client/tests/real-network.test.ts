import { expect, test, vi } from 'vitest';
import { WebSocketService, type ClientOptions, type ConnectionState } from '../src/index.js';
import { RealServer, state } from './real-server.js';
import { TcpProxy } from './tcp-proxy.js';

/** A client with real sockets and a real clock; everything about it is written down. */
function follow(options: ClientOptions) {
  const client = new WebSocketService({ auth: () => 'alice', onError: () => {}, ...options });
  const states: ConnectionState[] = [];
  const onJobCompleted = vi.fn();
  const versions: string[] = [];
  client.on({ onJobCompleted, onStateChange: (now) => states.push(now) });
  client.store.subscribe((jobs) => versions.push(...jobs.map(({ version }) => version.join('.'))));
  client.subscribe({ userId: 'alice' });
  return {
    client,
    states,
    versions,
    onJobCompleted,
    [Symbol.dispose]: () => client.reset(),
  };
}

const connectedTo = (client: WebSocketService<any>, progress: number) =>
  vi.waitFor(() => expect(client.getJob('job-1')?.progress).toBe(progress), 10_000);

test('a job is followed over a real socket, and its end told once', async () => {
  await using server = await new RealServer().start();
  using tab = follow({ url: server.origin });
  await tab.client.connect();
  await vi.waitFor(() => expect(server.sockets).toBe(1));
  await server.report('alice', state('job-1', 5));
  await connectedTo(tab.client, 5);
  await server.report('alice', state('job-1', 9, { status: 'completed' }));
  await vi.waitFor(() => expect(tab.onJobCompleted).toHaveBeenCalledOnce());
  expect(tab.onJobCompleted.mock.calls[0]).toEqual([{ noteId: 'job-1' }, tab.client.getJob('job-1'), { initial: false, tracked: false }]);
});

test('a server that is killed and started again: RECONNECTING, back by itself, onJobCompleted once', async () => {
  await using server = await new RealServer().start();
  using tab = follow({ url: server.origin });
  await server.report('alice', state('job-1', 5));
  await tab.client.connect();
  await connectedTo(tab.client, 5);
  await server.kill();
  await vi.waitFor(() => expect(tab.client.state).toBe('RECONNECTING'));
  await server.reportUnheard('alice', state('job-1', 9, { status: 'completed' }));
  await server.start();
  await vi.waitFor(() => expect(tab.onJobCompleted).toHaveBeenCalledOnce(), 15_000);
  await vi.waitFor(() => expect(tab.client.state).toBe('CONNECTED'), 15_000);
  expect(tab.states).toEqual(['CONNECTING', 'CONNECTED', 'RECONNECTING', 'CONNECTED']);
  expect(tab.onJobCompleted).toHaveBeenCalledOnce();
});

test('the server disconnecting a socket, after which Socket.IO itself gives up, is come back from', async () => {
  await using server = await new RealServer().start();
  using tab = follow({ url: server.origin });
  await tab.client.connect();
  server.disconnectAll();
  await vi.waitFor(() => expect(tab.states).toEqual(['CONNECTING', 'CONNECTED', 'RECONNECTING', 'CONNECTED']), 10_000);
});

test('a token that is refused ends in DISCONNECTED; a token store that is away does not', async () => {
  await using server = await new RealServer().start();
  using refused = follow({ url: server.origin, auth: () => undefined });
  await expect(refused.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(refused.client.state).toBe('DISCONNECTED');

  using patient = follow({ url: server.origin, auth: () => 'outage' });
  server.outage = true;
  void patient.client.connect();
  await vi.waitFor(() => expect(server.refusals).toBeGreaterThan(0), 10_000);
  server.outage = false;
  await vi.waitFor(() => expect(patient.client.state).toBe('CONNECTED'), 15_000);
});

test('a connection that is cut in mid-job costs no state and repeats none', async () => {
  await using server = await new RealServer().start();
  await using proxy = await TcpProxy.before(() => server.port);
  using tab = follow({ url: proxy.origin });
  await server.report('alice', state('job-1', 1));
  await tab.client.connect();
  await connectedTo(tab.client, 1);
  for (const seq of [2, 3]) {
    proxy.cut();
    await vi.waitFor(() => expect(tab.client.state).toBe('RECONNECTING'));
    await server.report('alice', state('job-1', seq));
    await connectedTo(tab.client, seq);
    await vi.waitFor(() => expect(tab.client.state).toBe('CONNECTED'), 15_000);
  }
  proxy.delay = 200;
  await server.report('alice', state('job-1', 9, { status: 'completed' }));
  await vi.waitFor(() => expect(tab.onJobCompleted).toHaveBeenCalledOnce(), 10_000);
  // Without the term, which follows the clock of the store.
  const versions = tab.versions.map((version) => version.split('.').slice(0, 4).join('.'));
  expect(versions.filter((version, i) => version !== versions[i - 1])).toEqual(['1.0.1.1', '1.0.1.2', '1.0.1.3', '1.2.1.9']);
});

test.each(['half-open', 'black-hole'] as const)(
  'a %s connection, which looks open to both sides, is found by sync and replaced',
  { timeout: 60_000 },
  async (weather) => {
    await using server = await new RealServer().start();
    await using proxy = await TcpProxy.before(() => server.port);
    // Status requests go past the proxy, and must not be what brings the end.
    const noFetch = () => Promise.reject(new TypeError('no HTTP here'));
    using tab = follow({ url: proxy.origin, fetch: noFetch });
    await server.report('alice', state('job-1', 1));
    await tab.client.connect();
    await connectedTo(tab.client, 1);
    proxy.weather = weather;
    await server.report('alice', state('job-1', 9, { status: 'completed' }));
    // sync within 12 s, 5 s without an answer
    await vi.waitFor(() => expect(tab.client.state).toBe('RECONNECTING'), { timeout: 20_000 });
    proxy.weather = 'clear';
    await vi.waitFor(() => expect(tab.onJobCompleted).toHaveBeenCalledOnce(), { timeout: 30_000 });
  },
);

test('where no socket gets through, HTTP alone brings the job to its end', async () => {
  await using server = await new RealServer().start();
  using tab = follow({ url: server.origin, path: '/nothing-here' });
  await server.report('alice', state('job-1', 1));
  tab.client.trackJob('job-1');
  void tab.client.connect();
  await connectedTo(tab.client, 1);
  await server.report('alice', state('job-1', 9, { status: 'completed' }));
  await vi.waitFor(() => expect(tab.onJobCompleted).toHaveBeenCalledOnce(), 10_000);
  expect(tab.client.state).toBe('CONNECTING');
});

test('polling only: followed and cancelled without any socket', async () => {
  await using server = await new RealServer().start();
  using tab = follow({ url: server.origin, pollingOnly: true });
  await server.report('alice', state('job-1', 1));
  await tab.client.connect();
  await connectedTo(tab.client, 1);
  await tab.client.cancel('job-1');
  await vi.waitFor(() => expect(tab.client.getJob('job-1')?.status).toBe('cancelled'), 10_000);
  expect(server.sockets).toBe(0);
});

test("somebody else's job is not to be had, over the socket or over HTTP", async () => {
  await using server = await new RealServer().start();
  await server.report('bob', state('secret', 1));
  using tab = follow({ url: server.origin });
  const refused = vi.fn();
  tab.client.on({ onSubscriptionError: refused });
  tab.client.subscribe({ userId: 'bob' });
  tab.client.subscribe({ jobId: 'secret' });
  await tab.client.connect();
  await vi.waitFor(() => expect(refused.mock.calls.map(([error]) => error.code)).toEqual(['FORBIDDEN']));
  await server.report('bob', state('secret', 2));
  await expect(tab.client.cancel('secret')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(tab.client.getJobs()).toEqual([]);
});

test('more subscriptions than the server takes at once are sent in parts', async () => {
  await using server = await new RealServer().start();
  const client = new WebSocketService({ url: server.origin, auth: () => 'alice' });
  const refused = vi.fn();
  client.on({ onSubscriptionError: refused });
  for (let i = 0; i < 120; i++) {
    await server.reportUnheard('alice', state(`job-${i}`, 1));
    client.subscribe({ jobId: `job-${i}` });
  }
  await client.connect();
  await vi.waitFor(() => expect(client.getJobs().length).toBeGreaterThanOrEqual(100));
  expect(refused).not.toHaveBeenCalled();
  client.reset();
});

test('with more tracked jobs than the server takes subscriptions, as after a reload, the jobs of the user come all the same', async () => {
  await using server = await new RealServer().start();
  const client = new WebSocketService({ url: server.origin, auth: () => 'alice', onError: () => {} });
  for (let i = 0; i < 120; i++) {
    await server.reportUnheard('alice', state(`job-${i}`, 1));
    client.trackJob(`job-${i}`);
  }
  client.subscribe({ userId: 'alice' });
  await client.connect();
  await vi.waitFor(() => expect(client.getJobs()).toHaveLength(120), 10_000);
  await server.report('alice', state('new', 1));
  await vi.waitFor(() => expect(client.getJob('new')).toBeDefined());
  client.reset();
});
