import { expect, test } from 'vitest';
import { createTabMemory, type TabStorage } from '../src/jobs/tab-memory.js';
import { createVirtualClock } from '../src/testing/virtual-clock.js';
import { diary, fakeServer, followedServer, USER } from './follow.js';

const throwIt = (error: unknown) => {
  throw error;
};

/** A tab's storage, as each page of the tab sees it through an object of its own. */
function fakeStorage() {
  const items = new Map<string, string>();
  let writes = 0;
  const tab = (): TabStorage => ({
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      writes++;
      items.set(key, value);
    },
  });
  return { tab, storage: tab(), writes: () => writes };
}

function openMemory(storage: TabStorage, key: string, { isReload = false } = {}) {
  const clock = createVirtualClock();
  return { ...createTabMemory({ timing: clock, storage, key, isReload: () => isReload, onError: throwIt }), advance: clock.advance };
}

const MARK = { version: [1, 2, 1, 1], status: 'completed', timestamp: '' } as const;

test('clients of two servers, and several of one, in one tab each remember what they track', () => {
  const { tab, storage } = fakeStorage();
  const keys = ['a', 'b', 'a'];
  const memories = keys.map((key) => openMemory(storage, key));
  for (const [index, memory] of memories.entries()) {
    memory.switchTo('user');
    memory.track(`job-${index}`, () => false);
    memory.leave();
  }
  const next = tab();
  expect(keys.map((key) => [...openMemory(next, key).trackedIds()])).toEqual([['job-0'], ['job-1'], ['job-2']]);
});

test('a client that is closed leaves what it remembers to the next one of its server in the page', () => {
  const { storage } = fakeStorage();
  const first = openMemory(storage, 'a');
  first.track('job', () => false);
  first.close();
  expect([...openMemory(storage, 'a').trackedIds()]).toEqual(['job']);
});

test('a tab that is duplicated begins with nothing, and one that is loaded again after a crash with everything', async () => {
  const { tab, storage } = fakeStorage();
  const memory = openMemory(storage, 'a');
  memory.track('job', () => false);
  await memory.advance('1s');
  expect([...openMemory(tab(), 'a', { isReload: true }).trackedIds()]).toEqual(['job']);
  expect([...openMemory(tab(), 'a').trackedIds()]).toEqual([]);
});

test('2,000 jobs that are tracked and end in one minute are written at most twice a second, and before the page goes', async () => {
  const { tab, storage, writes } = fakeStorage();
  const memory = openMemory(storage, 'a');
  const begun = writes();
  for (let i = 0; i < 2_000; i++) memory.track(`${i}`, () => false);
  for (let i = 0; i < 2_000; i++) {
    memory.markEnd(`all:${i}`, MARK);
    await memory.advance(30);
  }
  expect(writes() - begun).toBeLessThanOrEqual(120);
  memory.markEnd('all:last', MARK);
  memory.leave();
  expect(openMemory(tab(), 'a').endOf('all:last')).toEqual(MARK);
});

test('a duplicated tab tells and tracks nothing that the first one tracked', async () => {
  const server = await followedServer();
  const first = diary(server, 'tracked');
  server.client.trackJob('a');
  server.progress({ jobId: 'a', stage: 'SAVING', progress: 1 });
  await server.advance('2s');
  const client = server.duplicateTab();
  const second = diary(server, 'tracked');
  client.subscribe({ userId: USER });
  await client.connect();
  await server.advance('1s');
  server.complete({ jobId: 'a' });
  await server.advance('5s');
  const ended = (lines: readonly string[]) => lines.filter((line) => line.startsWith('completed'));
  expect([ended(first), ended(second), client.isTracked('a')]).toEqual([['completed a tracked'], [], false]);
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

test('an end that was told before a user was named is told to no user again', async () => {
  const server = fakeServer({ userId: 'A' });
  const { client } = server;
  const lines = diary(server);
  client.subscribe({ jobId: 'a' });
  server.complete({ jobId: 'a' });
  await client.connect();
  await server.advance('1s');
  for (const userId of ['B', 'A']) {
    server.signIn(userId);
    const leave = client.subscribe({ userId });
    await server.advance('5s');
    leave();
  }
  expect(lines).toEqual(['completed a initial']);
});
