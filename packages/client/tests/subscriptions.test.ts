import { expect, test, vi } from 'vitest';
import type { OpenTransport, Request } from '../src/index.js';
import { diary, fakeServer, followedServer, sent, USER } from './follow.js';

test('equal subscriptions share one on the wire, which ends with the last of them', async () => {
  const server = await followedServer();
  const first = server.client.subscribe({ jobId: 'a' });
  const second = server.client.subscribe({ jobId: 'a' });
  server.queue({ jobId: 'a' });
  await server.advance('3s');
  const asked = server.requests.filter(({ name }) => name === 'subscribe').at(-1);
  expect(asked?.payload).toEqual({ subscriptions: [{ jobId: 'a' }] });
  first();
  first();
  await server.advance(0);
  expect(sent(server, 'unsubscribe')).toBe(0);
  second();
  await server.advance(0);
  expect(server.requests.at(-1)).toEqual({ name: 'unsubscribe', payload: { subscriptions: [{ jobId: 'a' }] } });
});

test('letting go and taking up again at once, as StrictMode does, sends nothing', async () => {
  const server = fakeServer();
  const release = server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  const before = server.requests.length;
  release();
  server.client.subscribe({ userId: USER });
  await server.advance('500ms');
  expect(server.requests.length).toBe(before);
});

test('a job that is not stored yet is asked for again until it is there', async () => {
  const server = fakeServer();
  server.client.subscribe({ jobId: 'late' });
  await server.client.connect();
  await server.advance('20s');
  expect(sent(server, 'subscribe')).toBeGreaterThan(3);
  server.client.disconnect();
  expect(server.clock.pending).toBe(0);
  void server.client.connect();
  server.queue({ jobId: 'late' });
  await server.advance('15s');
  expect(server.client.getJob('late')?.status).toBe('queued');
  const settled = sent(server, 'subscribe');
  await server.advance('5m');
  expect(sent(server, 'subscribe')).toBe(settled);
});

test('a job that is missing for two minutes is reported once, and not asked for any more', async () => {
  const server = fakeServer();
  const lines = diary(server);
  server.client.subscribe({ jobId: 'never' });
  await server.client.connect();
  await server.advance('110s');
  expect(lines).toEqual([]);
  await server.advance('30s');
  expect(lines).toEqual(['NOT_FOUND never']);
  const settled = sent(server, 'subscribe');
  server.restartServer();
  await server.advance('5m');
  expect([lines.length, sent(server, 'subscribe')]).toEqual([1, settled]);
});

test('a job that was given up as missing is asked for anew when somebody asks anew', async () => {
  const server = fakeServer();
  server.client.subscribe({ jobId: 'late' });
  await server.client.connect();
  await server.advance('3m');
  server.queue({ jobId: 'late' });
  await server.advance('1m');
  expect(server.client.getJob('late')).toBeUndefined();
  server.client.trackJob('late');
  await server.advance(0);
  expect(server.client.getJob('late')?.status).toBe('queued');
});

test("another user's jobs are refused once, also over reconnections, and do not stop the other subscriptions", async () => {
  const server = fakeServer();
  const lines = diary(server);
  server.client.subscribe({ userId: 'user-2' });
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  server.restartServer();
  await server.advance('1m');
  expect(lines).toEqual(['FORBIDDEN user-2']);
  server.queue({ jobId: 'a' });
  expect(server.client.getJobs()).toHaveLength(1);
});

test('an id that no job or user can have is refused at the call', () => {
  const { client } = fakeServer();
  for (const wrong of [{ jobId: '' }, { jobId: '../admin' }, { userId: '' }, { jobId: undefined as never }])
    expect(() => client.subscribe(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_PAYLOAD' }));
  expect(() => client.trackJob('')).toThrow(expect.objectContaining({ code: 'INVALID_PAYLOAD' }));
});

test('a request that is refused as a whole is sent again in parts', async () => {
  const server = fakeServer();
  const lines = diary(server);
  for (const jobId of ['a', 'b', 'c']) {
    server.queue({ jobId });
    server.client.subscribe({ jobId });
  }
  server.refuseNext({ code: 'INVALID_PAYLOAD', message: 'Too many at once.' });
  await server.client.connect();
  await server.advance(0);
  expect(server.client.getJobs()).toHaveLength(3);
  expect(lines.filter((line) => line.startsWith('INVALID'))).toEqual([]);
});

test('many subscriptions go out in parts, one after the other, the user in the first', async () => {
  const server = fakeServer();
  const releases = Array.from({ length: 250 }, (_, i) => {
    server.queue({ jobId: `job-${i}` });
    return server.client.subscribe({ jobId: `job-${i}` });
  });
  server.client.subscribe({ userId: USER });
  server.delay('1s');
  await server.client.connect();
  await server.advance('500ms');
  const parts = () => server.requests.filter(({ name }) => name === 'subscribe').map(({ payload }) => (payload as { subscriptions: object[] }).subscriptions);
  expect(parts()).toEqual([[{ userId: USER }, ...Array.from({ length: 99 }, (_, i) => ({ jobId: `job-${i}` }))]]);
  releases[249]!();
  await server.advance('10s');
  expect(parts().map((part) => part.length)).toEqual([100, 100, 50]);
  expect(parts().flat()).not.toContainEqual({ jobId: 'job-249' });
});

test('what arrives after everything was let go of is ignored, and unfinished jobs leave the list', async () => {
  const server = fakeServer();
  const lines = diary(server);
  const release = server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  server.complete({ jobId: 'b' });
  release();
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 2 });
  await server.advance('1m');
  expect(lines).toEqual(['progress a 1', 'completed b']);
  expect(server.client.getJobs().map(({ jobId }) => jobId)).toEqual(['b']);
});

test("another user's jobs come over a new connection with that user's token; the first user's are gone", async () => {
  const server = fakeServer();
  const lines = diary(server);
  const release = server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  server.client.trackJob('a');
  const abandoned = server.client.waitFor('a');
  await server.advance(0);
  server.reorder(9);
  server.complete({ jobId: 'a' });
  release();
  server.signIn('user-2');
  server.client.subscribe({ userId: 'user-2' });
  await expect(abandoned).rejects.toMatchObject({ code: 'ABANDONED' });
  expect([server.client.getJobs(), server.client.isTracked('a')]).toEqual([[], false]);
  await server.advance('10s');
  server.queue({ jobId: 'b' });
  await server.advance('1m');
  expect(server.client.getJobs().map(({ jobId }) => jobId)).toEqual(['b']);
  expect(lines).toEqual(['progress a 1', 'progress b 0']);
  expect(server.connections).toBe(1);
});

test('the status answers of the first user that are still on their way are ignored', async () => {
  const server = fakeServer();
  const release = server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  server.disconnect();
  server.delay('1s');
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 90 });
  await server.advance('2s');
  expect(sent(server, 'GET')).toBe(1);
  release();
  server.signIn('user-2');
  server.client.subscribe({ userId: 'user-2' });
  await server.advance('10s');
  expect(server.client.getJobs()).toEqual([]);
});

test('several users can be followed at once where the server allows it: the second replaces nothing', async () => {
  const server = await followedServer();
  server.queue({ jobId: 'a' });
  server.client.subscribe({ userId: 'user-2' });
  await server.advance('1s');
  expect(server.client.getJobs()).toHaveLength(1);
  expect(server.client.state).toBe('CONNECTED');
});

test('reset forgets jobs, subscriptions and what the tab remembers; handlers stay', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  server.client.trackJob('a');
  const changed = vi.fn();
  server.client.store.subscribe(changed);
  await server.advance(0);
  const before = sent(server, 'subscribe');
  server.client.reset();
  expect(changed).toHaveBeenLastCalledWith([]);
  expect([server.client.state, server.client.getJobs(), server.client.isTracked('a')]).toEqual(['DISCONNECTED', [], false]);
  await server.client.connect();
  await server.advance('1m');
  expect(sent(server, 'subscribe')).toBe(before);
  server.client.subscribe({ userId: USER });
  await server.advance(0);
  expect(lines).toEqual(['progress a 1', 'progress a 1']);
  expect(server.reloadTab().isTracked('a')).toBe(false);
});

test('what is turned down for now is asked for again also where new subscriptions are turned down all the time', async () => {
  const server = fakeServer();
  server.client.subscribe({ jobId: 'late' });
  await server.client.connect();
  await server.advance(0);
  server.queue({ jobId: 'late' });
  for (let i = 0; i < 5; i++) {
    server.client.subscribe({ jobId: `next-${i}` });
    await server.advance('900ms');
  }
  expect(server.client.getJob('late')?.status).toBe('queued');
});

test('a job that was given up as unknown comes back with a newer state for as long as somebody holds on to it', async () => {
  const server = fakeServer();
  const lines = diary(server);
  server.queue({ jobId: 'a' });
  const release = server.client.subscribe({ jobId: 'a' });
  await server.client.connect();
  await server.advance('2s');
  server.forget('a');
  await server.advance('1m');
  server.progress({ jobId: 'a', attempt: 2, stage: 'SAVING', progress: 30 });
  await server.advance('1s');
  expect(lines).toEqual(['progress a 0', 'JOB_UNKNOWN a', 'progress a 30']);
  release();
  await server.advance(0);
  expect(server.requests.at(-1)).toEqual({ name: 'unsubscribe', payload: { subscriptions: [{ jobId: 'a' }] } });
});

test('a subscription that is over a limit waits for as long as the server asks, whatever else is turned down meanwhile', async () => {
  const server = fakeServer();
  await server.client.connect();
  server.refuseNext({ code: 'RATE_LIMITED', message: 'Slower, please.', retryAfterMs: 20_000 });
  server.client.subscribe({ jobId: 'a' });
  await server.advance('1s');
  server.client.subscribe({ jobId: 'not-there' });
  await server.advance('18s');
  expect(sent(server, 'subscribe')).toBe(2);
  server.queue({ jobId: 'a' });
  await server.advance('2s');
  expect(server.client.getJob('a')?.status).toBe('queued');
});

/** Over it a server takes at most two subscriptions of a socket. */
const limited = (open: OpenTransport): OpenTransport => (token, listener) => {
  const connection = open(token, listener);
  let room = 2;
  const request = async (name: string, payload: any): Promise<any> => {
    if (name !== 'subscribe') return connection.request(name as never, payload as never);
    const taken = payload.subscriptions.slice(0, room);
    room -= taken.length;
    const rejected = payload.subscriptions.slice(taken.length).map((subscription: unknown) => ({
      subscription,
      error: { code: 'LIMIT_EXCEEDED', message: 'A socket may have at most 2 subscriptions.' },
    }));
    return { ...(await connection.request('subscribe', { subscriptions: taken })), rejected };
  };
  return { request: request as Request, close: () => connection.close() };
};

test('tracked jobs beyond what the server takes are seen all the same, and the limit is told to onError once', async () => {
  const told: unknown[] = [];
  const onError = (error: unknown) => void told.push((error as { code: string }).code);
  const server = fakeServer({ clientOptions: { shareAcrossTabs: limited, onError } });
  const { client } = server;
  const lines = diary(server, 'tracked');
  const ids = ['a', 'b', 'c', 'd'];
  for (const jobId of ids) {
    server.progress({ jobId, stage: 'SAVING', progress: 10 });
    client.trackJob(jobId);
  }
  await client.connect();
  await server.advance('15s');
  expect(client.getJobs()).toHaveLength(4);
  server.complete({ jobId: 'd' });
  await server.advance('15s');
  expect(lines).toContain('completed d tracked');
  await server.advance('5m');
  expect(told).toEqual(['LIMIT_EXCEEDED']);
});

test('a client that connected before a user was named connects again as that user, and shows no job of another one', async () => {
  const server = fakeServer({ userId: 'A' });
  server.progress({ jobId: 'of-a', stage: 'SAVING', progress: 10 });
  const { client } = server;
  const lines = diary(server);
  const release = client.subscribe({ jobId: 'of-a' });
  await client.connect();
  await server.advance('1s');
  release();
  server.signIn('B');
  server.queue({ jobId: 'of-b' });
  client.subscribe({ userId: 'B' });
  expect(client.getJobs()).toEqual([]);
  await server.advance('5s');
  expect(client.getJobs().map(({ jobId }) => jobId)).toEqual(['of-b']);
  expect(lines).toEqual(['progress of-a 10', 'progress of-b 0']);
});

test('naming the user after connecting, as where the session is loaded later, opens no other connection', async () => {
  const server = fakeServer();
  const states: string[] = [];
  server.client.on({ onStateChange: (state) => states.push(state) });
  server.complete({ jobId: 'a' });
  server.client.subscribe({ jobId: 'a' });
  await server.client.connect();
  await server.advance('1s');
  server.client.subscribe({ userId: USER });
  await server.advance('5s');
  expect(states).toEqual(['CONNECTING', 'CONNECTED']);
  expect(server.client.getJobs()).toHaveLength(1);
});

test.each(['an answer without a cursor', 'a refusal'])('what is followed by its id goes on after a user is named on a living connection, also by %s', async (answer) => {
  const change = (open: OpenTransport): OpenTransport => (token, listener) => {
    const connection = open(token, listener);
    const request = async (name: string, payload: any): Promise<any> => {
      const said = await connection.request(name as never, payload as never);
      const [first] = payload.subscriptions ?? [];
      if (name !== 'subscribe' || !first.userId) return said;
      const error = { code: 'INVALID_PAYLOAD', message: 'No such user.' };
      return { ...said, cursor: undefined, ...(answer === 'a refusal' && { rejected: [{ subscription: first, error }] }) };
    };
    return { request: request as Request, close: () => connection.close() };
  };
  const server = fakeServer({ clientOptions: { shareAcrossTabs: change } });
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 10 });
  server.client.subscribe({ jobId: 'a' });
  await server.client.connect();
  await server.advance('1s');
  server.client.subscribe({ userId: USER });
  await server.advance('1s');
  expect(server.client.getJob('a')?.progress).toBe(10);
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 20 });
  await server.advance('100ms');
  expect(server.client.getJob('a')?.progress).toBe(20);
});

/** The server refuses this user, for example as long as `auth` gives the token of another one. */
async function refusedUser() {
  const server = fakeServer({ userId: 'former' });
  const lines = diary(server);
  const release = server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  expect(lines).toEqual([`FORBIDDEN ${USER}`]);
  const signInAgain = () => {
    server.signIn(USER);
    server.queue({ jobId: 'a' });
    server.restartServer();
    return server.advance('40s');
  };
  const listed = () => server.client.getJobs().map(({ jobId }) => jobId);
  return { server, lines, release, signInAgain, listed };
}

test.each(['connect', 'wake', 'subscribe'] as const)('a user who was refused while auth gave another token is followed after %s', async (way) => {
  const { server, release, signInAgain, listed } = await refusedUser();
  await signInAgain();
  expect([server.client.state, listed()]).toEqual(['CONNECTED', []]);
  if (way === 'connect') void server.client.connect();
  if (way === 'wake') server.wake();
  if (way === 'subscribe') {
    release();
    server.client.subscribe({ userId: USER });
  }
  await server.advance('1s');
  expect(listed()).toEqual(['a']);
});

test('a refusal that stays is told again where the application asks again, and not each time that the page is shown', async () => {
  const { server, lines } = await refusedUser();
  server.wake();
  await server.advance('5s');
  expect([lines.length, sent(server, 'subscribe')]).toEqual([1, 2]);
  void server.client.connect();
  await server.advance('1s');
  expect(lines).toEqual([`FORBIDDEN ${USER}`, `FORBIDDEN ${USER}`]);
});

test('onError hears once of a user whose jobs the server refuses', async () => {
  const onError = vi.fn();
  const server = fakeServer({ userId: 'somebody', clientOptions: { onError } });
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance('2m');
  expect(onError.mock.calls).toEqual([[expect.objectContaining({ code: 'FORBIDDEN' })]]);
});

test('connect after a refusal of the user asks with a new token also where the connection of the former one lives', async () => {
  const { server, listed } = await refusedUser();
  server.signIn(USER);
  server.queue({ jobId: 'a' });
  await server.client.connect();
  await server.advance('1s');
  expect([server.client.state, listed(), server.connections]).toEqual(['CONNECTED', ['a'], 1]);
});

test('what is taken up again while the server is told of many that were let go of stays subscribed', async () => {
  const server = fakeServer();
  const releases = Array.from({ length: 150 }, (_, i) => {
    server.queue({ jobId: `job-${i}` });
    return server.client.subscribe({ jobId: `job-${i}` });
  });
  await server.client.connect();
  await server.advance('1s');
  server.delay('1s');
  releases.forEach((release) => release());
  await server.advance('500ms');
  server.client.subscribe({ jobId: 'job-140' });
  await server.advance('5s');
  server.progress({ jobId: 'job-140', stage: 'SAVING', progress: 50 });
  await server.advance('100ms');
  expect(server.client.getJob('job-140')?.progress).toBe(50);
});
