import { expect, test } from 'vitest';
import { createTabMemory } from '../src/jobs/tab-memory.js';
import { diary, fakeServer } from './follow.js';

const throwIt = (error: unknown) => {
  throw error;
};

function fakeStorage() {
  const items = new Map<string, string>();
  let written = 0;
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => {
      written += value.length;
      items.set(key, value);
    },
    get written() {
      return written;
    },
  };
}

test('clients of two servers in one tab each remember what they track', async () => {
  const storage = fakeStorage();
  const open = (server: string) => createTabMemory(storage, server, throwIt);
  const [a, b] = [open('a'), open('b')];
  for (const memory of [a, b]) memory.switchTo('user');
  a.track('of-a', () => false);
  b.track('of-b', () => false);
  await Promise.resolve();
  expect([...open('a').trackedIds(), ...open('b').trackedIds()]).toEqual(['of-a', 'of-b']);
});

test('two thousand jobs that are tracked at once are written once', async () => {
  const storage = fakeStorage();
  const memory = createTabMemory(storage, 'a', throwIt);
  for (let i = 0; i < 2_000; i++) memory.track(`0f8fad5b-d9cb-469f-a165-7086772${i}`, () => false);
  await Promise.resolve();
  expect(storage.written).toBeLessThan(100_000);
});

test('what is tracked before the user is known belongs to who comes, and not to who was there before', async () => {
  const server = fakeServer({ userId: 'A' });
  server.client.subscribe({ userId: 'A' });
  server.client.trackJob('of-a');
  await server.client.connect();
  await server.advance('1s');
  server.signIn('B');
  const client = server.reloadTab();
  const lines = diary(server, 'tracked');
  client.trackJob('of-b');
  client.subscribe({ userId: 'B' });
  await client.connect();
  server.complete({ jobId: 'of-b' });
  await server.advance('30s');
  expect(lines).toEqual(['completed of-b tracked']);
  expect(client.isTracked('of-a')).toBe(false);
});

test('a user who comes back finds what was tracked and told: nothing is lost or told again', async () => {
  const server = fakeServer({ userId: 'A' });
  const { client } = server;
  const [all, tracked] = [diary(server), diary(server, 'tracked')];
  let leave = client.subscribe({ userId: 'A' });
  await client.connect();
  await server.advance(0);
  client.trackJob('a2');
  server.queue({ jobId: 'a2' });
  server.complete({ jobId: 'a1' });
  await server.advance('1s');
  leave();
  server.signIn('B');
  leave = client.subscribe({ userId: 'B' });
  await server.advance('5s');
  expect(client.isTracked('a2')).toBe(false);
  leave();
  server.complete({ jobId: 'a2', userId: 'A' });
  server.signIn('A');
  client.subscribe({ userId: 'A' });
  await server.advance('10s');
  expect(all.filter((line) => line.startsWith('completed'))).toEqual(['completed a1', 'completed a2 initial tracked']);
  expect(tracked.filter((line) => line.startsWith('completed'))).toEqual(['completed a2 initial tracked']);
});
