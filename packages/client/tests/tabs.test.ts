import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocketService } from '../src/index.js';
import { notifyOnce, shareAcrossTabs } from '../src/tabs/index.js';
import { RealServer, state } from './real-server.js';

afterEach(() => vi.unstubAllGlobals());

/** Tabs are clients of one process here: Web Locks and BroadcastChannel are Node's own. */
function openTab(server: RealServer, name: string) {
  const client = new WebSocketService({
    url: server.origin,
    auth: () => 'alice',
    onError: () => {},
    shareAcrossTabs: shareAcrossTabs({ name }),
  });
  const completed = vi.fn();
  const states: string[] = [];
  client.on({ onJobCompleted: completed, onStateChange: (now) => states.push(now) });
  client.subscribe({ userId: 'alice' });
  onTestFinished(() => client.reset());
  return { client, completed, states };
}

const progressOf = (tab: { client: WebSocketService<any> }, progress: number) =>
  vi.waitFor(() => expect(tab.client.getJob('job-1')?.progress).toBe(progress), 10_000);

test('two tabs share one socket, and both follow the job to its end', async () => {
  await using server = await new RealServer().start();
  const [first, second] = [openTab(server, 'share'), openTab(server, 'share')];
  await Promise.all([first.client.connect(), second.client.connect()]);
  await server.report('alice', state('job-1', 5));
  await Promise.all([progressOf(first, 5), progressOf(second, 5)]);
  expect(server.sockets).toBe(1);
  await server.report('alice', state('job-1', 9, { status: 'completed' }));
  for (const { completed } of [first, second]) await vi.waitFor(() => expect(completed).toHaveBeenCalledOnce());
});

test('when the leading tab goes, another takes over within 2 s, and its state never changes', async () => {
  await using server = await new RealServer().start();
  const first = openTab(server, 'heir');
  await first.client.connect();
  const second = openTab(server, 'heir');
  await second.client.connect();
  await server.report('alice', state('job-1', 5));
  await progressOf(second, 5);
  first.client.disconnect();
  await server.reportUnheard('alice', state('job-1', 9, { status: 'completed' }));
  await vi.waitFor(() => expect(second.completed).toHaveBeenCalledOnce(), 2_000);
  expect(second.states).toEqual(['CONNECTING', 'CONNECTED']);
  expect(server.sockets).toBe(1);
});

test("one tab's letting go takes nothing from another", async () => {
  await using server = await new RealServer().start();
  const [first, second] = [openTab(server, 'letting-go'), openTab(server, 'letting-go')];
  await server.report('alice', state('job-1', 1));
  for (const { client } of [first, second]) {
    client.subscribe({ jobId: 'job-1' });
    await client.connect();
  }
  await Promise.all([progressOf(first, 1), progressOf(second, 1)]);
  second.client.reset();
  await server.report('alice', state('job-1', 5));
  await progressOf(first, 5);
});

test('a server that is killed shows in every tab, and all come back over one socket', async () => {
  await using server = await new RealServer().start();
  const tabs = [openTab(server, 'killed'), openTab(server, 'killed')];
  for (const { client } of tabs) await client.connect();
  await server.kill();
  for (const { client } of tabs) await vi.waitFor(() => expect(client.state).toBe('RECONNECTING'));
  await server.start();
  for (const { client } of tabs) await vi.waitFor(() => expect(client.state).toBe('CONNECTED'), 15_000);
  expect(server.sockets).toBe(1);
});

test('a leader that is frozen loses the lead to a tab that needs an answer', { timeout: 30_000 }, async () => {
  const channels: { frozen: boolean }[] = [];
  /** The channel of a page that can be frozen: then it neither hears nor says anything. */
  const Channel = class extends BroadcastChannel {
    frozen = false;
    constructor(name: string) {
      super(name);
      channels.push(this);
    }
    override addEventListener(type: string, listener: any): void {
      super.addEventListener(type, (event: unknown) => void (this.frozen || listener(event)));
    }
    override postMessage(message: unknown): void {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has but one origin
      if (!this.frozen) super.postMessage(message);
    }
  };
  vi.stubGlobal('BroadcastChannel', Channel);
  await using server = await new RealServer().start();
  const first = openTab(server, 'frozen');
  await first.client.connect();
  const second = openTab(server, 'frozen');
  await second.client.connect();
  await server.report('alice', state('job-1', 5));
  await progressOf(second, 5);
  channels[0]!.frozen = true;
  await second.client.cancel('job-1');
  await vi.waitFor(() => expect(second.client.getJob('job-1')?.status).toBe('cancelled'), 10_000);
  expect(second.states).toEqual(['CONNECTING', 'CONNECTED']);
  await vi.waitFor(() => expect(first.client.getJob('job-1')?.status).toBe('cancelled'), 10_000);
  expect(server.sockets).toBe(1);
});

test('where Web Locks are missing each tab has a socket of its own', async () => {
  vi.stubGlobal('navigator', {});
  await using server = await new RealServer().start();
  const tabs = [openTab(server, 'alone'), openTab(server, 'alone')];
  for (const { client } of tabs) await client.connect();
  await vi.waitFor(() => expect(server.sockets).toBe(2));
});

test('notifyOnce calls in one tab of the browser', async () => {
  const items = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  });
  await using server = await new RealServer().start();
  const tabs = [openTab(server, 'notify'), openTab(server, 'notify')];
  const notify = vi.fn();
  for (const { client } of tabs) {
    client.on(notifyOnce({ onJobCompleted: (_result, job) => notify(job.jobId) }));
    await client.connect();
  }
  await server.report('alice', state('job-1', 9, { status: 'completed' }));
  for (const { completed } of tabs) await vi.waitFor(() => expect(completed).toHaveBeenCalledOnce());
  await vi.waitFor(() => expect(notify.mock.calls).toEqual([['job-1']]));
});
