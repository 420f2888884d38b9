import { expect, test, vi } from 'vitest';
import { diary, fakeServer, followedServer, sent, USER } from './follow.js';

const AT = { stage: 'SAVING' };

test('while there is no connection an unfinished job is followed over HTTP, and its end told once', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.disconnect();
  server.progress({ jobId: 'a', ...AT, progress: 60 });
  await server.advance('1900ms');
  expect(sent(server, 'GET')).toBe(0);
  await server.advance('1s');
  expect(lines).toEqual(['progress a 10', 'progress a 60']);
  server.complete({ jobId: 'a' });
  await server.advance('10s');
  server.reconnect();
  await server.advance('1m');
  expect(lines).toEqual(['progress a 10', 'progress a 60', 'completed a']);
  expect(server.client.state).toBe('CONNECTED');
});

test('polling goes on at a steady 4 s while it succeeds, in one request, and stops the moment the socket is back', async () => {
  const server = await followedServer();
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.progress({ jobId: 'b', ...AT, progress: 10 });
  server.disconnect();
  await server.advance('2s');
  await server.advance('1m');
  expect(sent(server, 'GET')).toBe(16);
  // Of one's own jobs only those that are gone have to be named, now and then.
  expect([sent(server, 'GET ?cursor'), sent(server, 'GET ?ids=a,b&cursor')]).toEqual([12, 4]);
  server.reconnect();
  while (!server.client.isConnected) await server.advance('1s');
  const polls = sent(server, 'GET');
  await server.advance('1m');
  expect(sent(server, 'GET')).toBe(polls);
});

test('without the list several jobs are asked for in one request', async () => {
  const server = fakeServer();
  for (const jobId of ['a', 'b']) {
    server.progress({ jobId, ...AT, progress: 10 });
    server.client.subscribe({ jobId });
  }
  await server.client.connect();
  await server.advance(0);
  server.disconnect();
  await server.advance('2s');
  expect(server.requests.at(-1)?.name).toBe('GET ?ids=a,b');
  server.complete({ jobId: 'b' });
  await server.advance('10s');
  expect(server.requests.at(-1)?.name).toBe('GET ?ids=a');
});

test('over HTTP alone the user\'s list comes within 4 s, new jobs within 12 s, and what is known within 5 s', async () => {
  const server = fakeServer({ random: () => 0.999 });
  server.disconnect();
  server.queue({ jobId: 'before' });
  server.client.subscribe({ userId: USER });
  void server.client.connect();
  await server.advance('4s');
  expect(server.client.getJob('before')?.status).toBe('queued');
  server.complete({ jobId: 'before' });
  await server.advance('5s');
  expect(server.client.getJob('before')?.status).toBe('completed');
  await server.advance('30s');
  server.progress({ jobId: 'new', ...AT, progress: 10 });
  await server.advance('12s');
  expect(server.client.getJob('new')?.progress).toBe(10);
});

test.each([10, 30])('%i s after both ways broke, a known job is right within 5 s of their return, and a new one too', async (seconds) => {
  const server = await followedServer({ random: () => 0.999 });
  server.progress({ jobId: 'known', ...AT, progress: 10 });
  server.disconnect({ http: true });
  await server.advance(`${seconds}s`);
  server.complete({ jobId: 'known' });
  server.progress({ jobId: 'new', ...AT, progress: 20 });
  server.reconnect();
  await server.advance('5s');
  expect([server.client.getJob('known')?.status, server.client.getJob('new')?.progress]).toEqual(['completed', 20]);
  expect(server.client.state).toBe('CONNECTED');
});

test.each([
  ['one job', 1, true, 15],
  ['20 jobs', 20, true, 15],
  ['20 jobs that are followed by their ids', 20, false, 15],
  ['the list alone', 0, true, 7],
])('without a socket %s and all costs as few requests a minute as the promised times allow', async (_name, jobs, isListed, most) => {
  const server = fakeServer();
  server.disconnect();
  if (isListed) server.client.subscribe({ userId: USER });
  for (let i = 0; i < jobs; i++) {
    server.progress({ jobId: `job-${i}`, ...AT, progress: 10 });
    if (!isListed) server.client.subscribe({ jobId: `job-${i}` });
  }
  void server.client.connect();
  await server.advance('1m');
  const before = sent(server, 'GET');
  await server.advance('10m');
  expect((sent(server, 'GET') - before) / 10).toBeLessThanOrEqual(most);
  expect(server.client.getJobs()).toHaveLength(jobs);
});

test('who follows only jobs that have ended asks for nothing', async () => {
  const server = fakeServer();
  server.complete({ jobId: 'a' });
  server.client.subscribe({ jobId: 'a' });
  await server.client.connect();
  await server.advance(0);
  server.disconnect();
  await server.advance('5m');
  expect(sent(server, 'GET')).toBe(0);
});

test('another user does not go on in the list of the one before', async () => {
  const server = await followedServer();
  server.signIn('user-2');
  server.queue({ jobId: 'of-2', userId: 'user-2' });
  server.signIn(USER);
  server.queue({ jobId: 'of-1' });
  await server.advance('2s');
  server.disconnect();
  server.client.reset();
  server.signIn('user-2');
  server.client.subscribe({ userId: 'user-2' });
  void server.client.connect();
  await server.advance('4s');
  expect(server.client.getJobs().map(({ jobId }) => jobId)).toEqual(['of-2']);
});

test('a status address that is not reached is told once with its URL and what to check, until it has answered again', async () => {
  const onError = vi.fn();
  const server = await followedServer({ clientOptions: { onError } });
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.disconnect({ http: true });
  await server.advance('1m');
  const told = onError.mock.calls.map(([error]) => error as { code: string; message: string }).filter(({ code }) => code === 'NO_ANSWER');
  expect(told).toHaveLength(1);
  expect(told[0]?.message).toMatch(/\/api\/jobs was not reached: .*down.*Check statusUrl/);
});

test('a tracked job that was never seen is asked for over HTTP too', async () => {
  const server = fakeServer();
  server.disconnect();
  const lines = diary(server, 'tracked');
  void server.client.connect();
  server.queue({ jobId: 'a' });
  server.client.trackJob('a');
  await server.advance('3s');
  server.complete({ jobId: 'a' });
  await server.advance('10s');
  expect(lines).toEqual(['progress a 0', 'completed a tracked']);
});

test('Retry-After is honoured', async () => {
  const server = await followedServer();
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.disconnect();
  server.refuseNext({ code: 'RATE_LIMITED', message: 'Slower, please.' }, { retryAfter: 30 });
  await server.advance('2s');
  expect(sent(server, 'GET')).toBe(1);
  await server.advance('29s');
  expect(sent(server, 'GET')).toBe(1);
  await server.advance('2s');
  expect(sent(server, 'GET')).toBe(2);
});

test('a job is cancelled over HTTP where there is no connection', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.disconnect();
  await server.client.cancel('a');
  await server.advance('3s');
  expect(lines.at(-1)).toBe('cancelled a');
  await expect(server.client.cancel('no-such')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('polling only: the whole service without a socket', async () => {
  const server = fakeServer({ clientOptions: { pollingOnly: true } });
  const lines = diary(server);
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  await server.advance('10s');
  server.complete({ jobId: 'a' });
  await server.advance('12s');
  server.progress({ jobId: 'b', ...AT, progress: 10 });
  await server.advance('12s');
  await server.client.cancel('b');
  await server.advance('12s');
  expect(lines).toEqual(['progress a 10', 'completed a', 'progress b 10', 'cancelled b']);
  expect([server.client.state, server.connections]).toEqual(['CONNECTED', 0]);
});

test('polling only: the request that opens it brings the list, and the next one comes after 4 s', async () => {
  const server = fakeServer({ clientOptions: { pollingOnly: true } });
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance('3500ms');
  expect([server.requests.map(({ name }) => name), server.client.getJobs().length]).toEqual([['GET ?cursor=&user=user-1'], 1]);
  server.complete({ jobId: 'a' });
  await server.advance('1500ms');
  expect(server.client.getJob('a')?.status).toBe('completed');
});

test('polling only: a job that is not there yet is found when it is, and an outage shows in the state', async () => {
  const server = fakeServer({ clientOptions: { pollingOnly: true } });
  server.client.subscribe({ jobId: 'late' });
  await server.client.connect();
  await server.advance('5s');
  server.queue({ jobId: 'late' });
  await server.advance('15s');
  expect(server.client.getJob('late')?.status).toBe('queued');
  server.disconnect({ http: true });
  await server.advance('15s');
  expect(server.client.state).toBe('RECONNECTING');
  server.reconnect();
  server.complete({ jobId: 'late' });
  await server.advance('35s');
  expect([server.client.state, server.client.getJob('late')?.status]).toEqual(['CONNECTED', 'completed']);
});

test('polling only: a refused token stops visibly', async () => {
  const onError = vi.fn();
  const server = fakeServer({ clientOptions: { pollingOnly: true, auth: () => 'forged', onError } });
  server.client.subscribe({ userId: USER });
  void server.client.connect();
  await server.advance('1s');
  expect(server.client.state).toBe('DISCONNECTED');
  const polls = sent(server, 'GET');
  await server.advance('5m');
  expect(sent(server, 'GET')).toBe(polls);
});

test('a status request that is never answered is given up after 5 s, and the next one is sent', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.disconnect();
  server.delay('1h');
  await server.advance('6s');
  server.delay(0);
  server.complete({ jobId: 'a' });
  await server.advance('15s');
  expect(lines).toEqual(['progress a 10', 'completed a']);
});

test('a status request whose token does not come is given up too', async () => {
  let hangs = false;
  const auth = () => (hangs ? new Promise<string>(() => {}) : 'user-1#1');
  const server = await followedServer({ clientOptions: { auth } });
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.disconnect();
  hangs = true;
  await server.advance('3s');
  hangs = false;
  expect(sent(server, 'GET')).toBe(0);
  server.complete({ jobId: 'a' });
  await server.advance('15s');
  expect(server.client.getJob('a')?.status).toBe('completed');
});

test('a status request that is given up is aborted, and leaves no timer', async () => {
  const signals: (AbortSignal | null | undefined)[] = [];
  const never: typeof fetch = (_url, init) => {
    signals.push(init?.signal);
    return new Promise(() => {});
  };
  const server = await followedServer({ clientOptions: { fetch: never } });
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  server.disconnect();
  await server.advance('8s');
  expect(signals[0]?.aborted).toBe(true);
  server.client.disconnect();
  await server.advance('5s');
  expect(server.clock.pending).toBe(0);
});

test('cancelling over HTTP rejects with NO_ANSWER where nobody answers', async () => {
  const server = await followedServer();
  server.disconnect({ http: true });
  await expect(server.client.cancel('a')).rejects.toMatchObject({ code: 'NO_ANSWER', cause: { message: expect.stringContaining('down') } });
  server.disconnect();
  server.delay('1h');
  const cancelled = server.client.cancel('a');
  cancelled.catch(() => {});
  await server.advance('5s');
  await expect(cancelled).rejects.toMatchObject({ code: 'NO_ANSWER' });
});

test('polling only: it is connected when the server has answered, and connect rejects where it refuses', async () => {
  const server = fakeServer({ clientOptions: { pollingOnly: true } });
  const onConnect = vi.fn();
  server.client.on({ onConnect });
  server.disconnect({ http: true });
  void server.client.connect();
  await server.advance('1m');
  expect([server.client.state, onConnect.mock.calls]).toEqual(['CONNECTING', []]);
  server.reconnect();
  await server.advance('30s');
  expect([server.client.state, onConnect.mock.calls.length]).toEqual(['CONNECTED', 1]);

  const refusing = fakeServer({ clientOptions: { pollingOnly: true, auth: () => 'forged' } });
  await expect(refusing.client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('polling only: a page for people, as of a proxy that asks to sign in, is no answer of the server', async () => {
  const signIn = { status: 200, headers: new Headers(), json: () => Promise.reject(new SyntaxError('<')) } as Response;
  let isBetween = false;
  const server = fakeServer();
  const between: typeof fetch = async (url) => {
    const { status, body } = server.status({ method: 'GET', path: String(url).replace('/api/jobs', '') });
    return isBetween ? signIn : ({ status, headers: new Headers(), json: async () => body } as Response);
  };
  const client = server.reloadTab({ pollingOnly: true, fetch: between });
  client.subscribe({ userId: USER });
  await client.connect();
  expect(client.state).toBe('CONNECTED');
  isBetween = true;
  await server.advance('12s');
  expect(client.state).toBe('RECONNECTING');
  isBetween = false;
  await server.advance('35s');
  expect(client.state).toBe('CONNECTED');
});

test.each([
  ['without a socket', {}],
  ['polling only', { pollingOnly: true }],
])('%s the list of whoever is signed in is not shown as that of another user who is followed', async (_way, clientOptions) => {
  const server = fakeServer({ userId: 'signed-in', clientOptions });
  server.disconnect();
  server.queue({ jobId: 'of-signed-in' });
  server.queue({ jobId: 'watched' });
  const lines = diary(server);
  server.client.subscribe({ userId: 'followed' });
  server.client.subscribe({ jobId: 'watched' });
  void server.client.connect();
  await server.advance('30s');
  expect(server.client.getJob('of-signed-in')).toBeUndefined();
  expect(lines).toEqual(['FORBIDDEN followed', 'progress watched 0']);
  server.signIn('followed');
  server.queue({ jobId: 'of-followed' });
  void server.client.connect();
  await server.advance('30s');
  expect(server.client.getJob('of-followed')).toBeDefined();
});

test.each([
  ['without a socket', {}],
  ['polling only', { pollingOnly: true }],
])('%s an id that nobody knows is refused as NOT_FOUND after two minutes, and found before', async (_way, clientOptions) => {
  const server = fakeServer({ clientOptions });
  server.disconnect();
  const lines = diary(server);
  server.client.subscribe({ jobId: 'never' });
  server.client.subscribe({ jobId: 'late' });
  const missing = server.client.waitFor('never');
  missing.catch(() => {});
  void server.client.connect();
  await server.advance('100s');
  server.queue({ jobId: 'late' });
  await server.advance('10s');
  expect(lines).toEqual(['progress late 0']);
  await server.advance('50s');
  expect(lines).toEqual(['progress late 0', 'NOT_FOUND never']);
  await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
