import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, startHaproxy, type Haproxy, type RequestKind, type RequestPolicy } from '@notes/test-kit';
import { afterAll, beforeAll, describe, test, vi, type ExpectStatic } from 'vitest';
import { BROWSERS, type BrowserPage, type TestBrowser } from './browsers.js';
import { RealServer, state } from './real-server.js';
import { UpgradeProxy } from './upgrade-proxy.js';

/** Follows everything of its user's, and notes what happened, by its own clock. */
const PAGE = `<!doctype html><title>jobs</title><script type="module">
  import { WebSocketService } from '/browser.js';
  const now = () => performance.now();
  const seen = (globalThis.seen = { begunAt: now(), connectedAt: 0, states: [], ends: [], refused: [], errors: [], firstSeenAt: {} });
  const client = (globalThis.client = new WebSocketService({ auth: () => 'alice', onError: (error) => seen.errors.push(String(error)) }));
  client.on({
    onStateChange(state) {
      seen.states.push(state);
      if (state === 'CONNECTED') seen.connectedAt ||= now();
    },
    onJobCompleted: (_result, job) => seen.ends.push(job.jobId),
    onSubscriptionError: (error) => seen.refused.push(String(error)),
  });
  client.store.subscribe((jobs) => jobs.forEach((job) => (seen.firstSeenAt[job.jobId] ??= now())));
  client.subscribe({ userId: 'alice' });
  client.connect();
</script>`;
const SIGN_IN = '<!doctype html><title>Sign in</title><form>Password <input type="password"></form>';

/** The client promises 4 s, and 12 s for a new job over HTTP; the rest is for a machine that is busy. */
const CONNECTED_MS = 10_000;
const NEW_JOB_MS = 20_000;
/** A connection that stood for so long has shown that its transport works. */
const STABLE_MS = 31_000;
const WITHIN = { timeout: 60_000, interval: 100 };

/** A server, a HAProxy in front of it, and a program that answers upgrades with 101 and nothing more. */
async function serverBehindProxy() {
  const resources = new AsyncDisposableStack();
  const server = resources.use(await new RealServer().start());
  const swallower = resources.use(await UpgradeProxy.before(() => server.port, 'swallow'));
  const proxy = resources.use(await startHaproxy(server.port, Number(new URL(swallower.origin).port)));
  const built = await readFile(new URL('../dist/browser.js', import.meta.url), 'utf8');
  server.files.set('/browser.js', built).set('/page.html', PAGE).set('/sign-in.html', SIGN_IN);
  return { server, proxy, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** Resolves when an expression in the page has this value. */
async function shows(expect: ExpectStatic, page: BrowserPage, expression: string, value: unknown): Promise<void> {
  await vi.waitFor(async () => expect(await page.evaluate(expression)).toEqual(value), WITHIN);
}

/** Cuts until the page has lost its connection: between two polls there is nothing to cut. */
async function loseConnection(expect: ExpectStatic, page: BrowserPage, proxy: Haproxy, kind: RequestKind): Promise<void> {
  const losses = `seen.states.filter((state) => state === 'RECONNECTING').length`;
  const before = await page.evaluate<number>(losses);
  await vi.waitFor(async () => {
    await proxy.cut(kind);
    await sleep(200);
    expect(await page.evaluate(losses)).toBe(before + 1);
  }, WITHIN);
}

const progressOf = (jobId: string) => `client.getJob('${jobId}')?.progress ?? null`;
const done = (jobId: string) => state(jobId, 9, { status: 'completed' });

const UPGRADES: readonly [title: string, policy: RequestPolicy][] = [
  ['refused', 'refuse'],
  ['passed on without its header', 'strip'],
  ['never answered', 'hang'],
  ['redirected to a sign-in page', 'sign-in'],
  ['answered with 101 and then swallowed', 'swallow'],
];

const ALL_BLOCKED: readonly [title: string, policy: RequestPolicy][] = [
  ['refused', 'refuse'],
  ['never answered', 'hang'],
  ['redirected to a sign-in page', 'sign-in'],
  ['met by a 404 page', 'not-found'],
];

for (const name of ['chromium', 'firefox'] as const) {
  describeWith([name, 'haproxy'], `a page in real ${name}, behind a HAProxy`, () => {
    let browser: TestBrowser;
    beforeAll(async () => {
      browser = await BROWSERS[name]();
    });
    afterAll(() => browser.close());

    test('where WebSocket passes, the page is connected by it, and asks for nothing else', { timeout: 120_000 }, async ({ expect }) => {
      await using network = await serverBehindProxy();
      const { server, proxy } = network;
      await server.report('alice', state('job-1', 5));
      const page = await browser.newPage();
      await page.goto(`${proxy.origin}/page.html`);
      await shows(expect, page, progressOf('job-1'), 5);
      expect(server.transports).toEqual(['websocket']);
      expect(await proxy.counts()).toMatchObject({ websocket: 1, probe: 0, polling: 0, status: 0 });
      await server.report('alice', done('job-1'));
      await shows(expect, page, 'seen.ends', ['job-1']);
      expect(await page.evaluate('seen.states')).toEqual(['CONNECTING', 'CONNECTED']);
      expect(await page.evaluate('seen.errors')).toEqual([]);
      await page.close();
    });

    describe.concurrent('each with a server, a proxy and a page of its own', () => {
      test.for(UPGRADES)('where WebSocket upgrades are %s, the page is connected by long polling, remembers it, and upgrades later', { timeout: 240_000 }, async ([, policy], { expect }) => {
        await using network = await serverBehindProxy();
        const { server, proxy } = network;
        await proxy.setPolicy({ websocket: policy, probe: policy });
        const page = await browser.newPage();
        await page.goto(`${proxy.origin}/page.html`);
        await shows(expect, page, 'client.state', 'CONNECTED');
        expect(await page.evaluate('seen.connectedAt - seen.begunAt')).toBeLessThan(CONNECTED_MS);
        expect(server.transports).toEqual(['polling']);
        expect(await proxy.counts()).toMatchObject({ websocket: 1 });
        await server.report('alice', state('job-1', 5));
        await shows(expect, page, progressOf('job-1'), 5);

        await sleep(STABLE_MS);
        expect(await page.evaluate('seen.states')).toEqual(['CONNECTING', 'CONNECTED']);
        await loseConnection(expect, page, proxy, 'polling');
        await shows(expect, page, 'seen.states', ['CONNECTING', 'CONNECTED', 'RECONNECTING', 'CONNECTED']);
        expect(await proxy.counts()).toMatchObject({ websocket: 1 });
        await vi.waitFor(() => expect(server.transports).toEqual(['polling']), WITHIN);

        await proxy.setPolicy({ websocket: 'pass', probe: 'pass' });
        await loseConnection(expect, page, proxy, 'polling');
        await shows(expect, page, 'seen.states.length', 6);
        await vi.waitFor(() => expect(server.transports).toEqual(['websocket']), WITHIN);
        await server.report('alice', done('job-1'));
        await shows(expect, page, 'seen.ends', ['job-1']);
        expect(await page.evaluate('client.state')).toBe('CONNECTED');
        await page.close();
      });

      test.for(ALL_BLOCKED)('where long polling is %s too, HTTP status alone brings the list, new jobs and their ends', { timeout: 240_000 }, async ([, policy], { expect }) => {
        await using network = await serverBehindProxy();
        const { server, proxy } = network;
        await proxy.setPolicy({ websocket: policy, probe: policy, polling: policy });
        await server.report('alice', state('job-1', 5));
        const page = await browser.newPage();
        await page.goto(`${proxy.origin}/page.html`);
        await shows(expect, page, progressOf('job-1'), 5);
        await server.report('alice', done('job-1'));
        await shows(expect, page, 'seen.ends', ['job-1']);
        // With nothing unfinished, only the list can bring it.
        const reportedAt = await page.evaluate<number>('performance.now()');
        await server.report('alice', state('job-2', 1));
        await shows(expect, page, progressOf('job-2'), 1);
        expect((await page.evaluate<number>(`seen.firstSeenAt['job-2']`)) - reportedAt).toBeLessThan(NEW_JOB_MS);
        expect([server.sockets, await page.evaluate('seen.states')]).toEqual([0, ['CONNECTING']]);
        expect((await proxy.counts()).status).toBeGreaterThan(1);

        await proxy.setPolicy({ websocket: 'pass', probe: 'pass', polling: 'pass' });
        await shows(expect, page, 'client.state', 'CONNECTED');
        await server.report('alice', done('job-2'));
        await shows(expect, page, 'seen.ends', ['job-1', 'job-2']);
        expect(server.sockets).toBe(1);
        await page.close();
      });

      test.for(['sign-in', 'not-found'] as const)('where the status address answers for a while with a page (%s), no job is given up, and its end comes once', { timeout: 240_000 }, async (policy, { expect }) => {
        await using network = await serverBehindProxy();
        const { server, proxy } = network;
        await server.report('alice', state('job-1', 5));
        const page = await browser.newPage();
        await page.goto(`${proxy.origin}/page.html`);
        await page.evaluate(`client.trackJob('job-1')`);
        await shows(expect, page, progressOf('job-1'), 5);
        await proxy.setPolicy({ websocket: 'refuse', probe: 'refuse', polling: 'refuse', status: policy });
        await loseConnection(expect, page, proxy, 'websocket');
        await vi.waitFor(async () => expect((await proxy.counts()).status).toBeGreaterThan(3), WITHIN);
        expect(await page.evaluate(`[client.isTracked('job-1'), ${progressOf('job-1')}, seen.refused]`)).toEqual([true, 5, []]);
        expect(await page.evaluate('seen.errors.length')).toBeGreaterThan(0);
        await server.report('alice', done('job-1'));
        await proxy.setPolicy({ websocket: 'pass', probe: 'pass', polling: 'pass', status: 'pass' });
        await shows(expect, page, 'client.state', 'CONNECTED');
        await shows(expect, page, 'seen.ends', ['job-1']);
        expect(await page.evaluate('seen.refused')).toEqual([]);
        await page.close();
      });
    });
  });
}
