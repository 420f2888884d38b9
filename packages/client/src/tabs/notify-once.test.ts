import { afterEach, expect, test, vi } from 'vitest';
import { createFakeJobServer, type FakeJobServer } from '../testing/index.js';
import { notifyOnce } from './notify-once.js';

afterEach(() => vi.unstubAllGlobals());

function stubStorage(more: Partial<Storage> = {}): void {
  const items = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    ...more,
  });
}

/** A tab that notifies, and the ends it notified of. */
async function openTab(): Promise<{ server: FakeJobServer; notified: string[] }> {
  const server = createFakeJobServer();
  const notified: string[] = [];
  server.client.on(notifyOnce({ onJobCompleted: (_result, job) => void notified.push(job.jobId) }));
  server.client.subscribe({ userId: 'user-1' });
  await server.client.connect();
  await server.advance(0);
  return { server, notified };
}

test('of several hundred ends none is told in a second tab, also where that one hears of them later', async () => {
  stubStorage();
  const [first, second] = [await openTab(), await openTab()];
  for (const { server, notified } of [first, second]) {
    for (let i = 0; i < 300; i++) server.complete({ jobId: `job-${i}` });
    await vi.waitFor(() => expect(first.notified).toHaveLength(300));
    expect(new Set(notified).size).toBe(notified.length);
  }
  await navigator.locks.request('job-events:notified', () => {});
  expect(second.notified).toEqual([]);
});

test.each([
  ['full', { setItem: () => { throw new DOMException('full', 'QuotaExceededError'); } }],
  ['forbidden', { getItem: () => { throw new DOMException('no', 'SecurityError'); } }],
  ['spoilt', { getItem: () => '{' }],
])('with a storage that is %s every tab tells', async (_what, storage: Partial<Storage>) => {
  stubStorage(storage);
  const { server, notified } = await openTab();
  server.complete({ jobId: 'a' });
  await vi.waitFor(() => expect(notified).toEqual(['a']));
});

test('what a handler throws goes to onError, as without notifyOnce', async () => {
  stubStorage();
  const onError = vi.fn();
  const { client, ...server } = createFakeJobServer({ clientOptions: { onError } });
  const problem = new Error('from the application');
  client.on(
    notifyOnce({
      onJobCompleted() {
        throw problem;
      },
    }),
  );
  client.subscribe({ userId: 'user-1' });
  await client.connect();
  await server.advance(0);
  server.complete({ jobId: 'a' });
  await vi.waitFor(() => expect(onError).toHaveBeenCalledWith(problem));
});
