import { expect, test } from 'vitest';
import type { Receive } from '../src/index.js';
import { diary, followedServer } from './follow.js';

const job = { jobId: 'job-1', stage: 'SAVING', progress: 10 };

test('an inspector sees what arrives, with its source and whether it was news', async () => {
  const server = await followedServer();
  const seen: unknown[] = [];
  server.client.inspect((receive) => (snapshots, source) => {
    const isNews = receive(snapshots, source);
    seen.push([source, snapshots.length, isNews]);
    return isNews;
  });
  server.duplicate();
  server.progress(job);
  await server.advance('500ms');
  expect(seen).toEqual([
    ['event', 1, true],
    ['event', 1, false],
  ]);
});

test('what an inspector does not hand on is asked for later, and what it hands on twice is told once', async () => {
  const server = await followedServer();
  const told = diary(server);
  const swallow = (receive: Receive): Receive => (snapshots, source) => source !== 'event' && receive(snapshots, source);
  server.client.inspect(swallow);
  server.complete({ jobId: 'job-1' });
  await server.advance(0);
  expect(told).toEqual([]);
  await server.advance('60s');
  expect(told).toHaveLength(1);

  server.client.inspect((receive) => (snapshots, source) => [receive(snapshots, source), receive(snapshots, source)][0]!);
  server.complete({ jobId: 'job-2' });
  await server.advance('1s');
  expect(told).toHaveLength(2);
});

test('the newest inspector counts until it stops, and one that stopped before changes nothing', async () => {
  const server = await followedServer();
  const seen: string[] = [];
  const inspectAs = (name: string) =>
    server.client.inspect((receive) => (snapshots, source) => {
      seen.push(name);
      return receive(snapshots, source);
    });
  const first = inspectAs('first');
  const second = inspectAs('second');
  first.stop();
  server.progress(job);
  await server.advance('300ms');
  second.stop();
  server.progress({ ...job, progress: 20 });
  await server.advance('300ms');
  expect(seen).toEqual(['second']);
  expect(server.client.getJob('job-1')?.progress).toBe(20);
});

test('an inspection lists what is followed and what the server said to it', async () => {
  const server = await followedServer();
  const { subscriptions } = server.client.inspect((receive) => receive);
  expect(subscriptions()).toMatchObject([{ subscription: { userId: 'user-1' }, status: 'joined', holders: 1 }]);
});
