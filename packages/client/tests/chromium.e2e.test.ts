import { describeWith, launchChromium } from '@notes/test-kit';
import { build } from 'esbuild';
import { expect, test, vi } from 'vitest';
import { bundleExample } from './documented-example.js';
import { RealServer, state } from './real-server.js';

/** A page without a build step: one script, told by its address whether to share. Notes what happened where a test can see it. */
const PAGE = `<!doctype html><title>jobs</title><script type="module">
  import { WebSocketService, shareAcrossTabs, notifyOnce } from '/browser.js';
  const seen = (globalThis.seen = { ends: [], states: [], notified: 0 });
  const sharing = location.hash === '#share' ? { shareAcrossTabs: shareAcrossTabs() } : {};
  WebSocketService.configure({ auth: () => 'alice', ...sharing });
  const client = (globalThis.client = WebSocketService.getInstance());
  client.on({
    onJobCompleted: (result, job, context) => seen.ends.push([job.jobId, result.noteId, context.initial]),
    onStateChange: (state) => seen.states.push(state),
  });
  client.on(notifyOnce({ onJobCompleted: () => seen.notified++ }));
  client.subscribe({ userId: 'alice' });
  client.trackJob('job-1');
  client.connect();
</script>`;

/** A page that makes clients when it is told to, each of a server of its own; the frame in it makes none by itself either. */
const EMPTY = `<!doctype html><title>jobs</title><script type="module">
  import { WebSocketService } from '/browser.js';
  globalThis.make = (name) => new WebSocketService({ statusUrl: '/' + name });
</script>`;
const WITH_FRAME = EMPTY.replace('<script', '<iframe src="/empty.html"></iframe><script');

async function serverWithPage(): Promise<RealServer> {
  const { outputFiles } = await build({
    entryPoints: [new URL('../src/browser.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@notes/source'],
  });
  const server = await new RealServer().start();
  server.files.set('/browser.js', outputFiles[0]!.text).set('/page.html', PAGE).set('/empty.html', EMPTY).set('/with-frame.html', WITH_FRAME);
  return server;
}

const completed = state('job-1', 9, { status: 'completed' });

describeWith(['chromium'], 'in real Chromium', () => {
  test('a plain page follows a job, and a reload neither loses nor repeats its end', { timeout: 60_000 }, async () => {
    await using server = await serverWithPage();
    await using browser = await launchChromium();
    const page = await browser.newPage();
    await server.report('alice', state('job-1', 5));
    await page.goto(`${server.origin}/page.html`);
    await page.waitForFunction(`client.getJob('job-1')?.progress === 5`);
    await page.reload({ waitUntil: 'commit' });
    await server.report('alice', completed);
    await page.waitForFunction(`seen.ends.length > 0`);
    await page.reload();
    await page.waitForFunction(`client.getJob('job-1')?.status === 'completed'`);
    expect(await page.evaluate(`seen.ends`)).toEqual([]);
    expect(await page.evaluate(`client.isTracked('job-1')`)).toBe(true);
  });

  test('a tab opened by a page takes over nothing, also of clients that were closed; a reload and a frame take nothing away', { timeout: 60_000 }, async () => {
    await using server = await serverWithPage();
    await using browser = await launchChromium();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${server.origin}/with-frame.html`);
    await page.evaluate(`make('open').trackJob('a'); const closed = make('closed'); closed.trackJob('a'); closed.close()`);
    await page.frames()[1]!.evaluate(`make('framed').trackJob('a')`);
    const [copy] = await Promise.all([context.waitForEvent('page'), page.evaluate(`void open('/empty.html')`)]);
    await copy.waitForFunction(`globalThis.make`);
    const tracked = `['open', 'closed', 'framed'].map((name) => make(name).isTracked('a'))`;
    expect(await copy.evaluate(tracked)).toEqual([false, false, false]);
    await copy.reload();
    expect(await copy.evaluate(tracked)).toEqual([false, false, false]);
    await page.reload();
    expect(await page.evaluate(tracked)).toEqual([true, true, true]);
  });

  test('the worker of docs/web-workers.md follows the jobs for its page, and hears from it when to look', { timeout: 60_000 }, async () => {
    await using server = await serverWithPage();
    for (const name of ['jobs-worker', 'jobs-page'] as const)
      server.files.set(`/${name}.js`, await bundleExample('web-workers.md', `${name}.ts`, { platform: 'browser', format: 'esm' }));
    const session = `globalThis.session = { userId: 'alice', token: async () => 'alice' }`;
    server.files.set('/worker.html', `<!doctype html><title>jobs</title><body></body><script>${session}</script><script type="module" src="/jobs-page.js"></script>`);
    await using browser = await launchChromium();
    const page = await browser.newPage();
    await server.report('alice', state('job-1', 5));
    await page.goto(`${server.origin}/worker.html`);
    await page.waitForFunction(`document.body.textContent === 'job-1 active 5 %'`);
    expect(server.sockets).toBe(1);
    await server.report('alice', state('job-1', 6));
    await page.waitForFunction(`document.body.textContent === 'job-1 active 6 %'`);
    await server.reportUnheard('alice', completed);
    // The next regular comparison comes 8 s from now at the earliest.
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await page.waitForFunction(`document.body.textContent === 'job-1 completed 100 %'`, undefined, { timeout: 7_000 });
  });

  test('a leading tab that stands still loses the lead to one that needs an answer, and follows it when it goes on', { timeout: 60_000 }, async () => {
    await using server = await serverWithPage();
    await using browser = await launchChromium();
    const context = await browser.newContext();
    await server.report('alice', state('job-1', 5));
    const [leader, follower] = [await context.newPage(), await context.newPage()];
    for (const page of [leader, follower]) {
      await page.goto(`${server.origin}/page.html#share`);
      await page.waitForFunction(`client.getJob('job-1')?.progress === 5`);
    }
    expect(server.sockets).toBe(1);
    // No page without a window is frozen by Chromium; one that is being debugged stands still all the same.
    const debuggerOfLeader = await context.newCDPSession(leader);
    await debuggerOfLeader.send('Debugger.enable');
    await debuggerOfLeader.send('Debugger.pause');
    expect(await follower.evaluate(`client.cancel('job-1').then(() => 'taken', ({ code }) => code)`)).toBe('taken');
    await follower.waitForFunction(`client.getJob('job-1').status === 'cancelled'`);
    expect(await follower.evaluate(`seen.states`)).toEqual(['CONNECTING', 'CONNECTED']);
    await debuggerOfLeader.send('Debugger.disable');
    await leader.waitForFunction(`client.isConnected && client.getJob('job-1').status === 'cancelled'`);
    expect(await follower.evaluate(`seen.states`)).toEqual(['CONNECTING', 'CONNECTED']);
    await vi.waitFor(() => expect(server.sockets).toBe(1));
  });

  test(
    'two tabs have one socket; the leading tab is closed in mid-job, the other shows the end within 2 s; one notifies',
    { timeout: 60_000 },
    async () => {
      await using server = await serverWithPage();
      await using browser = await launchChromium();
      const context = await browser.newContext();
      const leader = await context.newPage();
      await server.report('alice', state('job-1', 5));
      await leader.goto(`${server.origin}/page.html#share`);
      await leader.waitForFunction(`client.getJob('job-1')?.progress === 5`);
      const [follower, third] = [await context.newPage(), await context.newPage()];
      for (const page of [follower, third]) {
        await page.goto(`${server.origin}/page.html#share`);
        await page.waitForFunction(`client.getJob('job-1')?.progress === 5`);
      }
      expect(server.sockets).toBe(1);
      await leader.close();
      await server.report('alice', completed);
      for (const page of [follower, third]) await page.waitForFunction(`seen.ends.length === 1`, undefined, { timeout: 2_000 });
      await vi.waitFor(() => expect(server.sockets).toBe(1));
      const notified = () => Promise.all([follower, third].map((page) => page.evaluate<number>(`seen.notified`)));
      await vi.waitFor(async () => expect((await notified()).reduce((sum, n) => sum + n)).toBe(1));
      for (const page of [follower, third]) {
        expect(await page.evaluate(`seen.ends.length`)).toBe(1);
        expect(await page.evaluate(`seen.states`)).toEqual(['CONNECTING', 'CONNECTED']);
      }
    },
  );
});
