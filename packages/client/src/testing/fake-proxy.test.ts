import { expect, test, vi } from 'vitest';
import { diary, fakeServer, followedServer } from '../../tests/follow.js';

test.each(['html', 'not-found', 'bad-gateway', 'other-json', 'sign-in'] as const)(
  'a proxy that answers status requests with %s gives up no job: onError hears of it once, and the end comes when it is gone',
  async (http) => {
    const onError = vi.fn();
    const server = await followedServer({ clientOptions: { onError } });
    const told = diary(server);
    server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
    server.client.trackJob('job-1');
    await server.advance('2s');
    server.proxy({ http });
    server.disconnect();
    await server.advance('60s');
    expect([server.client.getJob('job-1')?.progress, server.client.isTracked('job-1')]).toEqual([40, true]);
    const faults = onError.mock.calls.map(([error]) => String(error.message)).filter((message) => message.includes('/api/jobs'));
    expect(faults).toEqual([expect.stringContaining(http === 'other-json' ? 'application/json' : 'text/html')]);
    server.complete({ jobId: 'job-1' });
    server.proxy({ http: 'server' });
    await server.advance('30s');
    expect(told).toEqual(['progress job-1 40', 'completed job-1 tracked']);
  },
);

test.each(['refused', 'swallowed'] as const)('where WebSockets are %s, the client is connected by long polling within 4 s', async (webSockets) => {
  const server = fakeServer();
  server.proxy({ webSockets });
  server.client.subscribe({ userId: 'user-1' });
  void server.client.connect();
  await server.advance('4s');
  expect([server.client.state, server.connections]).toEqual(['CONNECTED', 1]);
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  expect(server.client.getJob('job-1')?.progress).toBe(40);
});

test('a swallowed WebSocket and a network that lets no socket through: HTTP status brings the jobs', async () => {
  const server = fakeServer();
  server.proxy({ webSockets: 'swallowed' });
  server.disconnect();
  server.client.subscribe({ userId: 'user-1' });
  void server.client.connect();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  await server.advance('12s');
  expect([server.client.state, server.client.getJob('job-1')?.progress]).toEqual(['CONNECTING', 40]);
});
