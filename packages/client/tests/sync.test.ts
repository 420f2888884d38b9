import { expect, test } from 'vitest';
import { diary, fakeServer, followedServer, sent, USER } from './follow.js';

const DOWNLOADING = { jobId: 'a', stage: 'DOWNLOADING', progress: 20 };

test('an end whose broadcast was lost is found within 15 s, with the socket up all the time', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.progress(DOWNLOADING);
  await server.advance('5s');
  server.drop();
  server.complete({ jobId: 'a' });
  await server.advance('15s');
  expect(lines).toEqual(['progress a 20', 'completed a']);
});

test('what was lost between subscribing and joining is found a second later', async () => {
  const server = fakeServer();
  server.progress(DOWNLOADING);
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  server.drop();
  server.complete({ jobId: 'a' });
  await server.advance('1s');
  expect(server.client.getJob('a')?.status).toBe('completed');
});

test('a job of which every event was lost is found within 72 s', async () => {
  const server = await followedServer();
  await server.advance('5s');
  server.drop();
  server.queue({ jobId: 'a' });
  await server.advance('72s');
  expect(server.client.getJob('a')?.status).toBe('queued');
});

test('sync goes out every 10 s, give or take 20 %, with an unfinished job, and every 60 s with none', async () => {
  const server = await followedServer();
  await server.advance('2s');
  const count = async (seconds: number) => {
    const before = sent(server, 'sync');
    await server.advance(seconds * 1_000);
    return sent(server, 'sync') - before;
  };
  expect(await count(600)).toBe(10);
  server.progress(DOWNLOADING);
  expect(await count(600)).toBe(60);
  server.complete({ jobId: 'a' });
  expect(await count(600)).toBeLessThanOrEqual(11);
});

test('with nothing to follow nothing is sent', async () => {
  const server = fakeServer();
  const done = server.client.subscribe({ jobId: 'a' });
  server.complete({ jobId: 'a' });
  await server.client.connect();
  await server.advance('3s');
  done();
  await server.advance('3s');
  const before = server.requests.length;
  await server.advance('10m');
  expect(server.requests.length).toBe(before);
});

test('a server that does not answer for 5 s counts as dead, whatever Socket.IO believes', async () => {
  const server = await followedServer();
  const lost: [number, string][] = [];
  server.client.on({ onDisconnect: (reason) => lost.push([server.clock.now(), reason]) });
  server.progress(DOWNLOADING);
  server.blackHole();
  const from = server.clock.now();
  await server.advance('25s');
  expect(lost.map(([, reason]) => reason)).toEqual(['NO_ANSWER']);
  expect(lost[0]![0] - from).toBeLessThan(17_001);
  expect(server.client.state).toBe('CONNECTED');
});

test('more jobs than fit in one answer are brought by the cursor', async () => {
  const server = fakeServer();
  for (let i = 0; i < 450; i++) server.queue({ jobId: `job-${i}` });
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance('1s');
  expect(server.client.getJobs()).toHaveLength(450);
});

test('more than 200 unfinished jobs take turns', async () => {
  const server = fakeServer();
  for (let i = 0; i < 450; i++) server.queue({ jobId: `job-${i}` });
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance('32s');
  const asked = server.requests
    .filter(({ name }) => name === 'sync')
    .map(({ payload }) => (payload as { jobs: { jobId: string }[] }).jobs);
  expect(Math.max(...asked.map((jobs) => jobs.length))).toBe(200);
  expect(new Set(asked.flat().map(({ jobId }) => jobId)).size).toBe(450);
});

test('a job that three answers in a row do not know is reported once and leaves; a newer state brings it back', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.progress(DOWNLOADING);
  server.client.trackJob('a');
  await server.advance('2s');
  server.forget('a');
  await server.advance('15s');
  expect(server.client.getJob('a')).toBeDefined();
  await server.advance('2m');
  expect(lines).toEqual(['progress a 20', 'JOB_UNKNOWN a']);
  expect([server.client.getJobs(), server.client.isTracked('a')]).toEqual([[], false]);
  server.progress({ ...DOWNLOADING, attempt: 2, progress: 30 });
  expect(lines.at(-1)).toBe('progress a 30');
  expect(server.client.getJobs()).toHaveLength(1);
});

test('a server that is asked too often is left alone until the next time', async () => {
  const server = await followedServer();
  server.progress(DOWNLOADING);
  server.refuseNext({ code: 'RATE_LIMITED', message: 'Slower, please.' });
  await server.advance('12s');
  expect(server.client.state).toBe('CONNECTED');
  server.drop();
  server.complete({ jobId: 'a' });
  await server.advance('12s');
  expect(server.client.getJob('a')?.status).toBe('completed');
});

test('a server that says how long it wants to be left alone is left alone for so long', async () => {
  const server = await followedServer();
  server.progress(DOWNLOADING);
  server.refuseNext({ code: 'RATE_LIMITED', message: 'Slower, please.', retryAfterMs: 40_000 });
  await server.advance('12s');
  const before = sent(server, 'sync');
  await server.advance('25s');
  expect(sent(server, 'sync')).toBe(before);
  await server.advance('10s');
  expect(sent(server, 'sync')).toBe(before + 1);
});

test('the sync a second after subscribing is not put off by what happens meanwhile', async () => {
  const server = await followedServer();
  await server.advance('500ms');
  server.progress(DOWNLOADING);
  await server.advance('500ms');
  expect(sent(server, 'sync')).toBe(1);
});

test('where something new is subscribed all the time, a lost end is found all the same', async () => {
  const server = await followedServer();
  server.progress(DOWNLOADING);
  await server.advance('2s');
  server.drop();
  server.complete({ jobId: 'a' });
  for (let i = 0; i < 15; i++) {
    server.queue({ jobId: `next-${i}` });
    server.client.trackJob(`next-${i}`);
    await server.advance('900ms');
  }
  expect(server.client.getJob('a')?.status).toBe('completed');
});

test('what is subscribed just before a sync has another one a second later', async () => {
  const server = await followedServer();
  server.progress(DOWNLOADING);
  server.queue({ jobId: 'b' });
  await server.advance('900ms');
  server.client.trackJob('b');
  await server.advance('100ms');
  expect(sent(server, 'sync')).toBe(1);
  await server.advance('1s');
  expect(sent(server, 'sync')).toBe(2);
});

test('short jobs that come and go do not keep a job from being found of which every event was lost', async () => {
  const server = await followedServer();
  await server.advance('2s');
  server.drop();
  server.queue({ jobId: 'lost' });
  for (let i = 0; i < 3; i++) {
    server.queue({ jobId: `short-${i}` });
    await server.advance('5s');
    server.complete({ jobId: `short-${i}` });
    await server.advance('20s');
  }
  expect(server.client.getJob('lost')?.status).toBe('queued');
});
