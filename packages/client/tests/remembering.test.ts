import { expect, test } from 'vitest';
import { createTabMemory, type TabStorage } from '../src/jobs/tab-memory.js';
import { createVirtualClock } from '../src/testing/virtual-clock.js';
import { diary, fakeServer, followedServer, USER } from './follow.js';

const throwIt = (error: unknown) => {
  throw error;
};

/** A page of a tab: its storage, which it sees through an object of its own, and how it goes and comes back. */
interface FakePage extends TabStorage {
  readonly watchPage: (leave: () => void, comeBack: () => void) => void;
  goes(): void;
  comesBack(): void;
}

function fakeTab(copied: Iterable<[string, string]> = []) {
  const items = new Map(copied);
  let writes = 0;
  function page(): FakePage {
    const watching: [leave: () => void, comeBack: () => void][] = [];
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem(key, value) {
        writes++;
        items.set(key, value);
      },
      watchPage: (...watcher) => void watching.push(watcher),
      goes: () => watching.forEach(([leave]) => leave()),
      comesBack: () => watching.forEach(([, comeBack]) => comeBack()),
    };
  }
  return { page, duplicate: () => fakeTab(items), writes: () => writes };
}

function openMemory(page: FakePage, key: string, { isReload = false } = {}) {
  const clock = createVirtualClock();
  const { watchPage } = page;
  return { ...createTabMemory({ timing: clock, storage: page, key, isReload: () => isReload, watchPage, onError: throwIt }), advance: clock.advance };
}

const MARK = { version: [1, 2, 1, 1], status: 'completed', timestamp: '' } as const;

test('clients of two servers, and several of one, in one tab each remember what they track', () => {
  const tab = fakeTab();
  const first = tab.page();
  const keys = ['a', 'b', 'a'];
  for (const [index, memory] of keys.map((key) => openMemory(first, key)).entries()) {
    memory.switchTo('user');
    memory.track(`job-${index}`, () => false);
  }
  first.goes();
  const next = tab.page();
  expect(keys.map((key) => [...openMemory(next, key).trackedIds()])).toEqual([['job-0'], ['job-1'], ['job-2']]);
});

test('a client that is closed leaves what it remembers to the next one of its server in the page, and in the next page', () => {
  const tab = fakeTab();
  const page = tab.page();
  const first = openMemory(page, 'a');
  first.track('job', () => false);
  first.close();
  const second = openMemory(page, 'a');
  expect([...second.trackedIds()]).toEqual(['job']);
  second.close();
  page.goes();
  expect([...openMemory(tab.page(), 'a').trackedIds()]).toEqual(['job']);
});

test('a tab that is duplicated begins with nothing, and one that is loaded again after a crash with everything', async () => {
  const tab = fakeTab();
  const memory = openMemory(tab.page(), 'a');
  memory.track('job', () => false);
  await memory.advance('1s');
  const copy = tab.duplicate();
  expect([...openMemory(tab.page(), 'a', { isReload: true }).trackedIds()]).toEqual(['job']);
  const page = copy.page();
  expect([...openMemory(page, 'a').trackedIds()]).toEqual([]);
  page.goes();
  expect([...openMemory(copy.page(), 'a').trackedIds()]).toEqual([]);
});

test.each(['closed before', 'of a page before'])('what a client that was %s has left is no duplicated tab’s, not even in its next page', (when) => {
  const tab = fakeTab();
  const page = tab.page();
  const memory = openMemory(page, 'a');
  memory.track('job', () => false);
  if (when === 'closed before') memory.close();
  else page.goes();
  // A page that has a client of ours is there as the tab is duplicated.
  openMemory(when === 'closed before' ? page : tab.page(), 'b');
  const copy = tab.duplicate();
  const first = copy.page();
  openMemory(first, 'b');
  first.goes();
  expect([...openMemory(copy.page(), 'a').trackedIds()]).toEqual([]);
  expect([...openMemory(tab.page(), 'a', { isReload: true }).trackedIds()]).toEqual(['job']);
});

test('a page that comes back, as by the back button, knows what the pages after it tracked and told', () => {
  const tab = fakeTab();
  const first = tab.page();
  const kept = openMemory(first, 'a');
  kept.switchTo('user');
  kept.track('old', () => false);
  first.goes();
  const second = tab.page();
  const later = openMemory(second, 'a');
  later.switchTo('user');
  later.track('new', () => false);
  later.markEnd('all:old', MARK);
  later.untrack('old');
  second.goes();
  first.comesBack();
  expect([[...kept.trackedIds()], kept.endOf('all:old')]).toEqual([['new'], MARK]);
  kept.track('newer', () => false);
  first.goes();
  expect([...openMemory(tab.page(), 'a').trackedIds()]).toEqual(['new', 'newer']);
});

test('2,000 jobs that are tracked and end in one minute are written at most twice a second, and before the page goes', async () => {
  const tab = fakeTab();
  const page = tab.page();
  const memory = openMemory(page, 'a');
  const begun = tab.writes();
  for (let i = 0; i < 2_000; i++) memory.track(`${i}`, () => false);
  for (let i = 0; i < 2_000; i++) {
    memory.markEnd(`all:${i}`, MARK);
    await memory.advance(30);
  }
  expect(tab.writes() - begun).toBeLessThanOrEqual(120);
  memory.markEnd('all:last', MARK);
  page.goes();
  expect(openMemory(tab.page(), 'a').endOf('all:last')).toEqual(MARK);
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

test('a client that is only made, and never used, leaves what the tab remembers to those that are used', async () => {
  const server = fakeServer();
  const used = [0, 1, 2].map(() => server.anotherClient())[2]!;
  used.subscribe({ userId: USER });
  used.trackJob('a');
  await server.advance('1s');
  const next = server.reloadTab();
  const lines = diary(server, 'tracked');
  server.complete({ jobId: 'a' });
  await next.connect();
  await server.advance('5s');
  expect([next.isTracked('a'), lines]).toEqual([true, ['completed a initial tracked']]);
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

test('a storage that is full is told once, and again only where it was written in between', async () => {
  let isFull = true;
  const told: unknown[] = [];
  const storage: TabStorage = {
    getItem: () => null,
    setItem(key) {
      if (isFull && key !== 'job-events:tab') throw new Error('QuotaExceededError');
    },
  };
  const clock = createVirtualClock();
  const memory = createTabMemory({ timing: clock, storage, key: 'a', isReload: () => false, watchPage() {}, onError: (error) => told.push(error) });
  const trackSome = async () => {
    for (let i = 0; i < 5; i++) {
      memory.track(`job-${i}`, () => false);
      await clock.advance('1s');
    }
  };
  await trackSome();
  expect(told).toHaveLength(1);
  isFull = false;
  await trackSome();
  isFull = true;
  await trackSome();
  expect(told).toHaveLength(2);
});
