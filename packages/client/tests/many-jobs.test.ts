import { createFakeJobServer } from '../src/testing/index.js';
import { expect, onTestFinished, test } from 'vitest';
import { state } from './real-server.js';

const COUNT = 200;
const ids = Array.from({ length: COUNT }, (_, i) => `job-${i}`);

function followed() {
  const server = createFakeJobServer();
  onTestFinished(() => server.close());
  server.client.subscribe({ userId: 'user-1' });
  void server.client.connect();
  return server;
}

test('jobs that arrive together are one notification, with their ids', async () => {
  const server = followed();
  for (const jobId of ids) server.queue({ jobId });
  const listLengths: number[] = [];
  const changes: (number | undefined)[] = [];
  server.client.store.subscribe((jobs) => listLengths.push(jobs.length));
  server.client.on({ onJobsChange: (jobIds) => changes.push(jobIds?.size) });
  await server.advance('1s');
  expect(changes).toEqual([COUNT, undefined]); // the jobs, and that the list is complete
  expect(listLengths).toEqual([0, COUNT, COUNT]);
});

test('a change names its job alone, also when that is dismissed or has left the list', async () => {
  const server = followed();
  for (const jobId of ids) server.queue({ jobId });
  await server.advance('1s');
  const changes: unknown[] = [];
  server.client.on({ onJobsChange: (jobIds) => changes.push(jobIds && [...jobIds]) });
  server.complete({ jobId: 'job-7' });
  await server.advance('1s');
  server.client.dismissJob('job-8');
  await server.advance('11m');
  expect(changes).toEqual([['job-7'], ['job-8'], ['job-7']]);
  expect(server.client.getJob('job-7')).toBeUndefined();
});

test('a list that begins anew is told without ids', async () => {
  const server = followed();
  await server.advance('1s');
  const changes: unknown[] = [];
  server.client.on({ onJobsChange: (jobIds) => changes.push(jobIds) });
  server.client.reset();
  expect(changes).toEqual([undefined]);
});

test('every end of more jobs than the list keeps is delivered, though all arrive together', async () => {
  const server = followed();
  await server.advance('1s');
  const ends: string[] = [];
  server.client.on({ onJobCompleted: (_result, { jobId }, { initial }) => ends.push(`${jobId} ${initial}`) });
  const jobs = Array.from({ length: 1_500 }, (_, i) => state(`done-${i}`, 1, { status: 'completed' }));
  server.client.addJobs(jobs);
  expect(ends).toEqual(jobs.map(({ jobId }) => `${jobId} true`));
  expect(server.client.getJobs()).toHaveLength(1_000);
});
