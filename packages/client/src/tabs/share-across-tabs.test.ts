import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import type { ConnectionReason } from '../connection/connection-state.js';
import { createVirtualClock } from '../testing/virtual-clock.js';
import type { TransportListener } from '../transport/transport.js';
import { shareAcrossTabs } from './share-across-tabs.js';

afterEach(() => vi.unstubAllGlobals());

/** Web Locks and BroadcastChannel are Node's own and take the time that they take; the tabs' patience ends when a test says so. */
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000, interval: 5 });

interface Connection {
  readonly token: string | undefined;
  readonly listener: TransportListener;
  readonly requests: [name: string, payload: unknown][];
}

let browsers = 0;

/** One browser: its tabs share a name, and the connections that they open to a server that says yes, or what it is told to say. */
function openBrowser() {
  const name = `browser-${++browsers}`;
  const connections: Connection[] = [];
  const clock = createVirtualClock();
  const server = { answer: (_name: string, _payload: unknown): object => ({ ok: true, snapshots: [] }) };
  function openTab(token: string, { renew = async () => `${token}, renewed`, random = 0 } = {}) {
    const closed: ConnectionReason[] = [];
    const heard: unknown[] = [];
    const onOpen = vi.fn();
    const connection = shareAcrossTabs({ name, timing: { ...clock, random: () => random } })((credentials, listener) => {
      const requests: Connection['requests'] = [];
      connections.push({ token: credentials, listener, requests });
      queueMicrotask(() => listener.onOpen());
      const request = async (asked: string, payload: unknown) => {
        requests.push([asked, payload]);
        return server.answer(asked, payload);
      };
      return { request: request as never, close() {} };
    })(token, { onOpen, onClose: (reason) => closed.push(reason), onEvent: (_name, payload) => heard.push(payload) }, renew);
    onTestFinished(() => connection.close());
    return { ...connection, closed, heard, isOpen: () => soon(() => expect(onOpen).toHaveBeenCalledOnce()) };
  }
  return { name, clock, connections, server, openTab };
}

async function twoTabs(options?: { renew: () => Promise<string> }) {
  const browser = openBrowser();
  const first = browser.openTab('first');
  await first.isOpen();
  const second = browser.openTab('second', options);
  await second.isOpen();
  return { ...browser, first, second };
}

const tokens = (connections: readonly Connection[]) => connections.map(({ token }) => token);

test('a tab that takes over connects with a token of that time, not with the one that it began with', async () => {
  const { first, second, connections } = await twoTabs();
  first.close();
  await soon(() => expect(tokens(connections)).toEqual(['first', 'second, renewed']));
  expect(second.closed).toEqual([]);
});

test.each([
  ['is refused', () => Promise.reject(new Error('signed out'))],
  ['does not come', () => new Promise<string>(() => {})],
])('a tab whose token %s lets another one lead', async (_what, answer) => {
  const renew = vi.fn(answer);
  const { first, second, connections, clock, openTab } = await twoTabs({ renew });
  const third = openTab('third');
  await third.isOpen();
  first.close();
  await soon(() => expect(renew).toHaveBeenCalled());
  await clock.advance('5s');
  await soon(() => expect(tokens(connections)).toEqual(['first', 'third, renewed']));
  expect([second.closed, third.closed]).toEqual([['TOKEN_UNAVAILABLE'], []]);
});

test('a tab whose subscriptions are turned down by the next connection says that its own is lost', async () => {
  const { first, second, server } = await twoTabs();
  await second.request('subscribe', { subscriptions: [{ jobId: 'a' }] });
  server.answer = () => ({ ok: false, error: { code: 'INTERNAL', message: 'The store is away.' } });
  first.close();
  await soon(() => expect(second.closed).toEqual(['CONNECTION_LOST']));
});

test('what was turned down before is not asked for again by the next connection', async () => {
  const { first, second, server, connections } = await twoTabs();
  const error = { code: 'FORBIDDEN', message: 'Not yours.' };
  server.answer = () => ({ ok: true, snapshots: [], rejected: [{ subscription: { userId: 'bob' }, error }] });
  await second.request('subscribe', { subscriptions: [{ userId: 'bob' }, { jobId: 'a' }] });
  server.answer = () => ({ ok: true, snapshots: [] });
  first.close();
  await soon(() => expect(connections[1]?.requests).toEqual([['subscribe', { subscriptions: [{ jobId: 'a' }] }]]));
  expect(second.closed).toEqual([]);
});

test('of several tabs that find the leader frozen at the same time one takes over, and none loses its connection', async () => {
  const channels: { frozen: boolean }[] = [];
  const Channel = class extends BroadcastChannel {
    frozen = false;
    constructor(name: string) {
      super(name);
      channels.push(this);
    }
    override addEventListener(type: string, listener: any): void {
      super.addEventListener(type, (event: unknown) => void (this.frozen || listener(event)));
    }
  };
  vi.stubGlobal('BroadcastChannel', Channel);
  const { second, connections, clock, openTab } = await twoTabs();
  const third = openTab('third', { random: 0.9 });
  await third.isOpen();
  channels[0]!.frozen = true;
  const answers = [second, third].map((tab) => tab.request('sync', { jobs: [] }));
  // Both ask whether the leader still runs, and the second is the first to have waited for long enough.
  await clock.advance('3s');
  await Promise.all(answers);
  await clock.advance('1s');
  expect(tokens(connections)).toEqual(['first', 'second, renewed']);
  expect([second.closed, third.closed]).toEqual([[], []]);
});

test('what becomes of the connection of an earlier leader, which may wake up to find it dead, is of no interest', async () => {
  const { name, first, second, connections } = await twoTabs();
  const heard: { type: string; to?: string; connection: string }[] = [];
  const channel = new BroadcastChannel(name);
  channel.addEventListener('message', ({ data }) => heard.push(data));
  onTestFinished(() => channel.close());
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has but one origin
  channel.postMessage({ type: 'join', from: 'test' });
  await soon(() => expect(heard.some(({ type }) => type === 'open')).toBe(true));
  const before = heard.find(({ type }) => type === 'open')!.connection;
  first.close();
  await soon(() => expect(connections).toHaveLength(2));
  await second.request('sync', { jobs: [] });
  heard.length = 0;
  for (const message of [{ type: 'closed', connection: before, reason: 'CONNECTION_LOST' }, { type: 'join', from: 'test' }])
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- as above
    channel.postMessage(message);
  // What it was sent before it has heard too.
  await soon(() => expect(heard.some(({ to }) => to === 'test')).toBe(true));
  expect(second.closed).toEqual([]);
});

test('a tab that is opened and closed at once leaves no lock behind', async () => {
  const { locks } = navigator;
  const released: Promise<unknown>[] = [];
  // Browsers grant a lock later, Node at once.
  const grantLater = async (...args: Parameters<LockManager['request']>) => {
    await undefined;
    return locks.request(...args);
  };
  const request = (...args: Parameters<LockManager['request']>) => {
    const held = grantLater(...args);
    released.push(held);
    return held;
  };
  vi.stubGlobal('navigator', { locks: { request } });
  const { openTab, name } = openBrowser();
  openTab('first').close();
  await Promise.allSettled(released);
  const { held = [], pending = [] } = await locks.query();
  expect([...held, ...pending].filter((lock) => lock.name?.startsWith(name))).toEqual([]);
});

test('where locks are denied, as in a frame without an origin of its own, each tab has a connection of its own', async () => {
  const denied = async () => {
    throw new DOMException('The request was denied.', 'SecurityError');
  };
  vi.stubGlobal('navigator', { locks: { request: denied } });
  const { openTab, connections } = openBrowser();
  const first = openTab('first');
  const second = openTab('second');
  await first.isOpen();
  await second.isOpen();
  expect(tokens(connections)).toEqual(['first', 'second']);
  expect(await first.request('sync', { jobs: [] })).toMatchObject({ ok: true });
});

/** A tab that watches a job of somebody else's, one that watches nothing by its id, and what the server sends to both. */
async function watchingTabs() {
  const browser = await twoTabs();
  const send = (jobId: string, status = 'active') => browser.connections[0]!.listener.onEvent('job:progress', { jobId, status });
  browser.server.answer = (name) => ({ ok: true, snapshots: name === 'subscribe' ? [{ jobId: 'theirs' }] : [], foreign: ['theirs'] });
  return { ...browser, send };
}

test("the events of somebody else's job go only to the tabs that follow it by its id", async () => {
  const { first, second, send } = await watchingTabs();
  await second.request('subscribe', { subscriptions: [{ jobId: 'theirs' }] });
  send('theirs');
  send('mine');
  await soon(() => expect([first.heard.length, second.heard.length]).toEqual([1, 2]));
  expect(first.heard).toEqual([{ jobId: 'mine', status: 'active' }]);
});

test.each([
  ["somebody else's", ['theirs'], 0],
  ["the user's own", [], 1],
])('an event that overtakes the answer reaches the other tabs where the job is %s after it', async (_whose, foreign, count) => {
  const { first, second, server, send } = await watchingTabs();
  server.answer = () => {
    send('theirs', 'completed');
    return { ok: true, snapshots: [{ jobId: 'theirs' }], foreign };
  };
  await second.request('subscribe', { subscriptions: [{ jobId: 'theirs' }] });
  await soon(() => expect(second.heard.length).toBeGreaterThan(0));
  expect(first.heard).toHaveLength(count);
});

test('a tab restores more subscriptions than fit into one message in several', async () => {
  const { first, second, connections } = await twoTabs();
  for (const part of [0, 1, 2]) await second.request('subscribe', { subscriptions: Array.from({ length: 50 }, (_, i) => ({ jobId: `job-${part}-${i}` })) });
  first.close();
  await soon(() => expect(connections[1]?.requests.map(([, payload]) => (payload as { subscriptions: [] }).subscriptions.length)).toEqual([100, 50]));
  expect(second.closed).toEqual([]);
});
