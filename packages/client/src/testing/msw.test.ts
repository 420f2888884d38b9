import { setupServer } from 'msw/node';
import { expect, onTestFinished, test } from 'vitest';
import { fetchJobs } from '../index.js';
import { createFakeJobServer } from './index.js';
import { jobStatusHandlers } from './msw.js';

const ORIGIN = 'http://jobs.test';

function intercepted() {
  const server = createFakeJobServer();
  const network = setupServer(...jobStatusHandlers(server));
  network.listen();
  onTestFinished(() => {
    network.close();
    server.close();
  });
  return server;
}

test('fetchJobs gets the jobs of a fake server through msw', async () => {
  const server = intercepted();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 });
  expect(await fetchJobs({ statusUrl: `${ORIGIN}/api/jobs` })).toEqual([server.job('job-1')]);
});

test('one job is answered with its ETag, and with 304 to who has it', async () => {
  const server = intercepted();
  server.complete({ jobId: 'job-1', result: 1 });
  const first = await fetch(`${ORIGIN}/api/jobs/job-1`);
  expect(await first.json()).toEqual(server.job('job-1'));
  const again = await fetch(`${ORIGIN}/api/jobs/job-1`, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
  expect(again.status).toBe(304);
});

test('a job is cancelled through msw, and an unknown one is not found', async () => {
  const server = intercepted();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 });
  expect((await fetch(`${ORIGIN}/api/jobs/job-1/cancel`, { method: 'POST' })).status).toBe(202);
  expect(server.job('job-1')?.status).toBe('cancelled');
  expect(await (await fetch(`${ORIGIN}/api/jobs/no-such`)).json()).toMatchObject({ code: 'NOT_FOUND', status: 404 });
});

test('a proxy in between answers through msw too, with a page, or a redirect to one', async () => {
  const server = intercepted();
  server.proxy({ http: 'not-found' });
  const missing = await fetch(`${ORIGIN}/api/jobs/job-1`);
  expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  server.proxy({ http: 'sign-in' });
  const redirected = await fetch(`${ORIGIN}/api/jobs`);
  expect([redirected.status, redirected.redirected, await redirected.text()]).toEqual([200, true, expect.stringContaining('Sign in')]);
  server.proxy({ http: 'server' });
  expect(await fetchJobs({ statusUrl: `${ORIGIN}/api/jobs` })).toEqual([]);
});
