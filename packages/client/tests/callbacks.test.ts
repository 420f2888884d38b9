import { expect, test, vi } from 'vitest';
import { diary, fakeServer, followedServer, USER } from './follow.js';

test('an end that arrives live, by sync and after a reconnection is told once', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 90 });
  server.duplicate(3);
  server.complete({ jobId: 'a' });
  server.restartServer();
  await server.advance('2m');
  expect(lines).toEqual(['progress a 90', 'completed a']);
});

test('each kind of end has its own callback, and each attempt its own end', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.fail({ jobId: 'a', willRetry: true });
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 5 });
  server.fail({ jobId: 'a' });
  server.progress({ jobId: 'a', attempt: 3, stage: 'SAVING', progress: 5 });
  server.cancel({ jobId: 'a' });
  expect(lines).toEqual(['retrying a', 'progress a 5', 'failed a', 'progress a 5', 'cancelled a']);
});

test('what comes late or out of order is not told and not shown', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.reorder(3);
  server.progress({ jobId: 'a', stage: 'DOWNLOADING', progress: 20 });
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 90 });
  server.complete({ jobId: 'a' });
  expect(lines).toEqual(['completed a']);
  expect(server.client.getJob('a')).toMatchObject({ status: 'completed', progress: 100 });
});

test('an end that was there first is told as initial', async () => {
  const server = fakeServer();
  server.complete({ jobId: 'before' });
  server.progress({ jobId: 'during', stage: 'SAVING', progress: 90 });
  const lines = diary(server);
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  server.complete({ jobId: 'during' });
  server.progress({ jobId: 'before', attempt: 2, stage: 'SAVING', progress: 1 });
  server.complete({ jobId: 'before' });
  expect(lines).toEqual(['completed before initial', 'progress during 90', 'completed during', 'progress before 1', 'completed before']);
});

test('a job that ended before it was tracked is handed over then, once, to those who wait for tracked jobs', async () => {
  const server = await followedServer();
  const [all, tracked] = [diary(server), diary(server, 'tracked')];
  server.complete({ jobId: 'fast' });
  server.complete({ jobId: 'foreign' });
  expect(tracked).toEqual([]);
  server.client.trackJob('fast');
  server.client.trackJob('fast');
  await server.advance('1m');
  expect(tracked).toEqual(['completed fast tracked']);
  expect(all).toEqual(['completed fast', 'completed foreign']);
});

test('a reload in mid-job neither loses nor repeats a callback', async () => {
  const server = await followedServer();
  server.client.trackJob('told');
  server.client.trackJob('untold');
  const before = diary(server, 'tracked');
  server.complete({ jobId: 'told' });
  expect(before).toEqual(['completed told tracked']);
  server.progress({ jobId: 'untold', stage: 'SAVING', progress: 90 });

  const client = server.reloadTab();
  const after = diary(server, 'tracked');
  server.complete({ jobId: 'untold' });
  client.subscribe({ userId: USER });
  await client.connect();
  await server.advance('1m');
  expect(after).toEqual(['completed untold initial tracked']);
  expect(client.isTracked('told')).toBe(true);
});

test('a reload goes on following a tracked job also where no user is followed', async () => {
  const server = fakeServer();
  server.queue({ jobId: 'a' });
  server.client.trackJob('a');
  await server.client.connect();
  const client = server.reloadTab();
  const lines = diary(server, 'tracked');
  await client.connect();
  await server.advance(0);
  server.complete({ jobId: 'a' });
  await server.advance(0);
  expect(lines).toEqual(['progress a 0', 'completed a tracked']);
  expect(server.requests.at(-1)).toEqual({ name: 'unsubscribe', payload: { subscriptions: [{ jobId: 'a' }] } });
});

test('an end that nobody listened for is handed over to who comes next', async () => {
  const server = await followedServer();
  server.client.on({ onJobProgress: () => {} });
  server.complete({ jobId: 'a' });
  const late = diary(server);
  await server.advance(0);
  expect(late).toEqual(['completed a']);
  const later = diary(server);
  await server.advance(0);
  expect(later).toEqual([]);
});

test('a map by type calls the function of the type, and no other', async () => {
  const server = await followedServer();
  const pdf = vi.fn();
  server.client.on({ onJobCompleted: { 'pdf-notes': pdf } });
  server.complete({ jobId: 'a', type: 'pdf-notes', result: { noteId: 'n' } });
  server.complete({ jobId: 'b', type: 'thumbnails' });
  expect(pdf.mock.calls.map(([result, job]) => [result, job.jobId])).toEqual([[{ noteId: 'n' }, 'a']]);
});

test('snapshots are frozen to the bottom, and the same references while nothing changes', async () => {
  const server = await followedServer();
  const lists: unknown[] = [];
  server.client.store.subscribe((jobs) => lists.push(jobs));
  server.complete({ jobId: 'a', result: { pages: [1] }, metadata: { fileName: 'a.pdf' } });
  const { result, metadata } = server.client.getJob('a') as { result: { pages: number[] }; metadata: object };
  expect([result, result.pages, metadata].every(Object.isFrozen)).toBe(true);
  expect(server.client.getJobs()).toBe(server.client.store.getSnapshot());
  server.restartServer();
  await server.advance('1m');
  expect(lists).toHaveLength(2);
  expect(server.client.getJob('a')?.result).toBe(result);
});

test('jobs stand newest first', async () => {
  const server = await followedServer();
  for (const jobId of ['first', 'second', 'third']) {
    server.queue({ jobId });
    await server.advance('1s');
  }
  server.progress({ jobId: 'first', stage: 'SAVING', progress: 1 });
  expect(server.client.getJobs().map(({ jobId }) => jobId)).toEqual(['third', 'second', 'first']);
});

test('a dismissed job stays away until a later attempt', async () => {
  const server = await followedServer();
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  server.client.dismissJob('a');
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 50 });
  server.restartServer();
  await server.advance('5s');
  server.fail({ jobId: 'a' });
  expect([server.client.getJobs(), server.client.getJob('a')]).toEqual([[], undefined]);
  expect(server.client.findJob('a')?.status).toBe('failed');
  server.progress({ jobId: 'a', attempt: 2, stage: 'SAVING', progress: 1 });
  expect(server.client.getJobs()).toHaveLength(1);
});

test('finished jobs leave the list after ten minutes, and their ends are not told again', async () => {
  const server = await followedServer();
  const lines = diary(server);
  server.complete({ jobId: 'a' });
  await server.advance('9m');
  server.complete({ jobId: 'b' });
  await server.advance('61s');
  expect(server.client.getJobs().map(({ jobId }) => jobId)).toEqual(['b']);
  server.restartServer();
  await server.advance('10m');
  expect(server.client.getJobs()).toEqual([]);
  expect(lines).toEqual(['completed a', 'completed b']);
});

test('states from elsewhere are shown before anything is connected, and give way to newer ones', async () => {
  const server = fakeServer();
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 10 });
  server.client.addJobs([server.job('a')!]);
  expect(server.client.getJob('a')?.progress).toBe(10);
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 60 });
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance(0);
  expect(server.client.getJob('a')?.progress).toBe(60);
});

test('what is no job is reported and ignored', async () => {
  const onError = vi.fn();
  const server = await followedServer({ clientOptions: { onError } });
  server.client.addJobs([{ jobId: 'a' } as never, null as never]);
  expect(server.client.getJobs()).toEqual([]);
  expect(onError.mock.calls.map(([error]) => error.code)).toEqual(['INVALID_PAYLOAD', 'INVALID_PAYLOAD']);
});

test('however many jobs are tracked at once, each hands its end over; of those that are over two hundred are remembered', async () => {
  const server = await followedServer();
  const lines = diary(server, 'tracked');
  const jobIds = Array.from({ length: 1_000 }, (_, i) => `job-${i}`);
  const ended = () => lines.filter((line) => line.startsWith('completed')).length;
  for (const jobId of jobIds) {
    server.queue({ jobId });
    server.client.trackJob(jobId);
  }
  await server.advance('1s');
  for (const jobId of jobIds) server.complete({ jobId });
  expect(ended()).toBe(1_000);
  server.client.trackJob('another');
  expect(jobIds.filter((jobId) => server.client.isTracked(jobId)).length).toBeLessThan(200);
});

test('a thousand ends are told once, whoever begins to listen later', async () => {
  const server = await followedServer();
  const [all, tracked] = [diary(server), diary(server, 'tracked')];
  for (let i = 0; i < 1_000; i++) {
    server.client.trackJob(`job-${i}`);
    server.complete({ jobId: `job-${i}` });
  }
  await server.advance(0);
  server.client.on({ onConnect: () => {} });
  await server.advance(0);
  expect([all.length, tracked.length]).toEqual([1_000, 1_000]);
});

test.each(['retrying', 'failed', 'completed'])('a handler may track the job whose end it is told: %s is told once', async (kind) => {
  const server = await followedServer();
  const heard = vi.fn((jobId: string) => server.client.trackJob(jobId));
  server.client.on({
    onJobRetrying: (_error, job) => heard(job.jobId),
    onJobError: (_error, job) => heard(job.jobId),
    onJobCompleted: (_result, job) => heard(job.jobId),
  });
  if (kind === 'completed') server.complete({ jobId: 'a' });
  else server.fail({ jobId: 'a', willRetry: kind === 'retrying' });
  await server.advance('1s');
  expect(heard).toHaveBeenCalledTimes(1);
});

test('a handler may throw, begin to listen or sign out: no end is told again, and none after the sign-out', async () => {
  const server = await followedServer();
  const told: string[] = [];
  server.client.on({
    onJobCompleted(_result, job) {
      told.push(job.jobId);
      server.client.on({ onJobProgress: () => {} });
      if (job.jobId === 'b') server.client.reset();
      throw new Error('A handler throws.');
    },
  });
  for (const jobId of ['a', 'b', 'c']) server.complete({ jobId });
  await server.advance('1m');
  expect(told).toEqual(['a', 'b']);
});

test('after more ends than are remembered a reconnection tells none again, and a new one is told', async () => {
  const server = await followedServer();
  const lines = diary(server);
  for (let i = 0; i < 3_000; i++) server.complete({ jobId: `job-${i}` });
  expect(lines).toHaveLength(3_000);
  server.restartServer();
  await server.advance('30s');
  server.complete({ jobId: 'another' });
  expect(lines.slice(3_000)).toEqual(['completed another']);
});

test('the end of a tracked job that no handler was there to hear waits for whoever comes, longer than the list keeps it', async () => {
  const server = await followedServer();
  server.client.trackJob('a');
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  await server.advance('2s');
  server.complete({ jobId: 'a' });
  await server.advance('1h');
  expect(server.client.getJobs()).toEqual([]);
  const lines = diary(server, 'tracked');
  const later = diary(server, 'tracked');
  await server.advance('1s');
  expect([lines, later]).toEqual([['completed a tracked'], ['completed a tracked']]);
  server.reloadTab();
  const afterReload = diary(server, 'tracked');
  server.client.subscribe({ userId: USER });
  await server.client.connect();
  await server.advance('1m');
  expect(afterReload).toEqual([]);
});

test('an end that waits is dropped when its job is not tracked any more, begins anew, or its user leaves', async () => {
  const server = await followedServer();
  for (const jobId of ['untracked', 'again', 'kept']) {
    server.client.trackJob(jobId);
    server.complete({ jobId });
  }
  await server.advance('11m');
  server.client.untrackJob('untracked');
  server.progress({ jobId: 'again', attempt: 2, stage: 'SAVING', progress: 1 });
  await server.advance('1s');
  const lines = diary(server, 'tracked');
  await server.advance('1s');
  expect(lines).toEqual(['completed kept tracked']);
});

test('what is given for a handler and is no function is reported, and nobody else misses a change of the connection for it', async () => {
  const onError = vi.fn();
  const server = fakeServer({ clientOptions: { onError } });
  const onConnect = vi.fn();
  server.client.on({ onConnect: {}, onStateChange: 'no function' } as never);
  server.client.on({ onConnect });
  await server.client.connect();
  server.client.disconnect();
  await server.client.connect();
  expect(onConnect).toHaveBeenCalledTimes(2);
  expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: expect.stringContaining('is not a function') }));
});

test('where a handler changes the user in the middle of an answer, the rest of the answer is dropped', async () => {
  const server = fakeServer();
  for (const jobId of ['a', 'b', 'c']) server.complete({ jobId });
  const told: string[] = [];
  const release = server.client.subscribe({ userId: USER });
  server.client.on({
    onJobCompleted(_result, job) {
      told.push(job.jobId);
      if (told.length > 1) return;
      release();
      server.signIn('user-2');
      server.client.subscribe({ userId: 'user-2' });
    },
  });
  await server.client.connect();
  await server.advance(0);
  expect([told.length, server.client.getJobs()]).toEqual([1, []]);
  server.queue({ jobId: 'of-2' });
  await server.advance('1m');
  expect([told.length, server.client.getJobs().map(({ jobId }) => jobId)]).toEqual([1, ['of-2']]);
});
