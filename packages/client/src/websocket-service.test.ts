import { expect, test, vi } from 'vitest';
import type { ClientEnvironment } from './client-environment.js';
import { WebSocketService } from './index.js';
import { createFakeJobServer } from './testing/index.js';
import { createVirtualClock } from './testing/virtual-clock.js';

test('a job is followed live from its first event to its end, and the end is told once', async () => {
  const server = createFakeJobServer();
  const { client } = server;
  const said: unknown[] = [];
  client.on({
    onJobProgress: (job) => said.push(job.progress),
    onJobCompleted: (result, _job, context) => said.push([result, context]),
  });
  client.subscribe({ userId: 'user-1' });
  await client.connect();
  await server.advance(0);
  server.progress({ jobId: 'job-1', stage: 'DOWNLOADING', progress: 20 });
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 });
  server.duplicate();
  server.complete({ jobId: 'job-1', result: { noteId: 'n' } });
  expect(said).toEqual([20, 90, [{ noteId: 'n' }, { initial: false, tracked: false }]]);
  expect(client.state).toBe('CONNECTED');
  expect(client.getJobs()).toEqual([server.job('job-1')]);
  await server.advance('1m');
  expect(said).toHaveLength(3);
  server.close();
});

test.each([
  [{ url: 'https://api.example.com/jobs' }, 'https://api.example.com/jobs'],
  [{ url: 'wss://api.example.com' }, 'origin'],
  [{ url: 'localhost:3000' }, 'origin'],
  [{ url: '/jobs' }, 'origin'],
  [{ namespace: 'jobs' }, 'begin with /'],
  [{ statusUrl: 'api/jobs' }, 'must be a path'],
  [{ statusUrl: 'javascript:alert(1)' }, 'must be a path'],
  [{ statusUrl: '/api/jobs#there' }, 'must be a path'],
  [{ statusUrl: 'api.example.com/jobs' }, 'must be a path'],
])('options that would half work are refused at once: %o', (options, what) => {
  expect(() => new WebSocketService(options)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining(what) }),
  );
});

test.each(['../../account/delete?x=', '', 'a b', 'x'.repeat(129)])('cancelling %j, which no job can be called, sends nothing', async (jobId) => {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json({}));
  const client = new WebSocketService({ url: 'https://api.example.com', auth: () => 'secret', fetch });
  await expect(client.cancel(jobId)).rejects.toMatchObject({ code: 'INVALID_PAYLOAD' });
  expect(fetch).not.toHaveBeenCalled();
});

test('an origin may end with a slash', async () => {
  const asked = vi.fn(async (_url: string) => Response.json({ jobs: [], cursor: 'c' }));
  const client = new WebSocketService({ url: 'https://api.example.com/', pollingOnly: true, fetch: asked as typeof fetch });
  client.subscribe({ userId: 'user-1' });
  await client.connect();
  await vi.waitFor(() => expect(asked.mock.calls[0]?.[0]).toBe('https://api.example.com/api/jobs?cursor=&user=user-1'));
  client.reset();
});

test('a server that refuses for a while is told of once, with what it says', async () => {
  const clock = createVirtualClock();
  const onError = vi.fn();
  let says = 'Invalid namespace';
  const transport: ClientEnvironment['transport'] = () => (_token, { onClose }) => {
    void Promise.resolve().then(() => onClose('REFUSED', says));
    return { request: () => Promise.reject(new Error('refused')), close: () => {} };
  };
  const client = new WebSocketService({ onError }, { timing: clock, transport });
  void client.connect();
  await clock.advance('5m');
  says = 'Too many sockets.';
  await clock.advance('5m');
  expect(client.state).toBe('CONNECTING');
  expect(onError.mock.calls.map(([error]) => [error.code, error.message])).toEqual([
    ['REFUSED', expect.stringContaining('Invalid namespace')],
    ['REFUSED', expect.stringContaining('Too many sockets.')],
  ]);
  client.reset();
});
