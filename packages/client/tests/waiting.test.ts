import { expect, test, vi } from 'vitest';
import { JobCancelledError, JobFailedError } from '../src/index.js';
import { fakeServer, followedServer } from './follow.js';

const AT = { stage: 'SAVING' };

test('waitFor follows the job, resolves to its result, and lets go of it', async () => {
  const server = fakeServer();
  server.queue({ jobId: 'a' });
  const result = server.client.waitFor('a');
  await server.client.connect();
  await server.advance(0);
  server.complete({ jobId: 'a', result: { noteId: 'n' } });
  await expect(result).resolves.toEqual({ noteId: 'n' });
  await server.advance(0);
  expect(server.requests.at(-1)).toEqual({ name: 'unsubscribe', payload: { subscriptions: [{ jobId: 'a' }] } });
});

test('waitFor of a job that failed, was cancelled or cannot be followed rejects with an Error that has a code', async () => {
  const server = await followedServer();
  server.fail({ jobId: 'failed', error: { code: 'NO_TEXT', message: 'Scanned pages.' } });
  server.cancel({ jobId: 'cancelled' });
  await expect(server.client.waitFor('failed')).rejects.toMatchObject({ constructor: JobFailedError, code: 'NO_TEXT', jobId: 'failed' });
  await expect(server.client.waitFor('cancelled')).rejects.toMatchObject({ constructor: JobCancelledError, code: 'JOB_CANCELLED' });
  const missing = server.client.waitFor('missing');
  missing.catch(() => {});
  await server.advance('3m');
  await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('waitFor gives up with the reason of its signal', async () => {
  const server = await followedServer();
  const giveUp = new AbortController();
  const result = server.client.waitFor('a', { signal: giveUp.signal });
  giveUp.abort(new Error('enough'));
  await expect(result).rejects.toThrow('enough');
  await expect(server.client.waitFor('a', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
});

test('waitFor takes a signal without a reason and without throwIfAborted, as React Native has them', async () => {
  const server = await followedServer();
  const signal = Object.assign(new EventTarget(), { aborted: false });
  const result = server.client.waitFor('a', { signal: signal as AbortSignal });
  await server.advance(0);
  signal.aborted = true;
  signal.dispatchEvent(new Event('abort'));
  await expect(result).rejects.toThrow('The signal was aborted.');
  server.complete({ jobId: 'b', result: 1 });
  const fresh = Object.assign(new EventTarget(), { aborted: false });
  expect(await server.client.waitFor('b', { signal: fresh as AbortSignal })).toBe(1);
});

test('a retry is no end: waitFor goes on to the next attempt', async () => {
  const server = await followedServer();
  const result = server.client.waitFor('a');
  server.fail({ jobId: 'a', willRetry: true });
  await server.advance('1m');
  server.complete({ jobId: 'a', result: 2 });
  await expect(result).resolves.toBe(2);
});

test('an end is not missed where finished jobs leave at once, nor where the job was dismissed', async () => {
  const server = await followedServer({ clientOptions: { finishedJobsMs: 0 } });
  const results = Promise.all([server.client.waitFor('a'), server.client.waitFor('b')]);
  server.queue({ jobId: 'b' });
  server.client.dismissJob('b');
  server.complete({ jobId: 'a', result: 1 });
  server.complete({ jobId: 'b', result: 2 });
  expect(await results).toEqual([1, 2]);
  expect(server.client.getJobs()).toEqual([]);
});

test("statesOf goes over a job's states to its end", async () => {
  const server = await followedServer();
  const seen: unknown[] = [];
  const done = (async () => {
    for await (const job of server.client.statesOf('a')) seen.push([job.status, job.progress]);
  })();
  for (const progress of [10, 60]) {
    server.progress({ jobId: 'a', ...AT, progress });
    await server.advance(0);
  }
  server.complete({ jobId: 'a' });
  await done;
  expect(seen).toEqual([['active', 10], ['active', 60], ['completed', 100]]);
});

test('leaving the iteration early lets go of the job', async () => {
  const server = fakeServer();
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  await server.client.connect();
  const first = (async () => {
    for await (const job of server.client.statesOf('a')) return job.progress;
    return undefined;
  })();
  await server.advance(0);
  expect(await first).toBe(10);
  await server.advance(0);
  expect(server.requests.at(-1)?.name).toBe('unsubscribe');
});

test('cancel resolves when the server has taken it, and the end says what became of it', async () => {
  const server = await followedServer();
  server.progress({ jobId: 'a', ...AT, progress: 10 });
  await server.client.cancel('a');
  expect(server.client.getJob('a')?.status).toBe('cancelled');
  await expect(server.client.cancel('no-such')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a store as Svelte wants it: called at once and after each change, until told to stop', async () => {
  const server = await followedServer();
  const listener = vi.fn();
  const stop = server.client.store.subscribe(listener);
  expect(listener.mock.calls).toEqual([[[]]]);
  server.queue({ jobId: 'a' });
  expect(listener).toHaveBeenLastCalledWith([server.job('a')]);
  stop();
  server.complete({ jobId: 'a' });
  expect(listener).toHaveBeenCalledTimes(2);
});

test('a thousand jobs tracked and finished, over a thousand connections, leave nothing behind', async () => {
  const server = await followedServer();
  for (let i = 0; i < 1_000; i++) {
    const jobId = `job-${i}`;
    server.client.trackJob(jobId);
    server.progress({ jobId, ...AT, progress: 10 });
    server.complete({ jobId });
    server.client.disconnect();
    await server.client.connect();
  }
  await server.advance('11m');
  expect([server.client.getJobs(), server.connections]).toEqual([[], 1]);
  server.client.disconnect();
  expect([server.connections, server.clock.pending]).toEqual([0, 0]);
});

test('waitFor rejects where the server refuses the connection for good, and goes on waiting where the application closes it', async () => {
  const server = fakeServer({ clientOptions: { auth: () => 'forged' } });
  const refused = server.client.waitFor('a');
  refused.catch(() => {});
  void server.client.connect();
  await server.advance('1s');
  await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'The token is not valid.' });

  const patient = await followedServer();
  const result = patient.client.waitFor('a');
  await patient.advance(0);
  patient.client.disconnect();
  patient.complete({ jobId: 'a', result: 1 });
  await patient.client.connect();
  await patient.advance(0);
  await expect(result).resolves.toBe(1);
});

test('waitFor rejects at once where the client is closed, also after it was disconnected', async () => {
  const server = await followedServer();
  const result = server.client.waitFor('a');
  await server.advance(0);
  server.client.disconnect();
  await server.advance(0);
  server.client.close();
  await expect(result).rejects.toMatchObject({ code: 'ABANDONED' });
});
