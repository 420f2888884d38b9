import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describeWith, launchChromium } from '@notes/test-kit';
import type { AxeResults } from 'axe-core';
import type { Browser, Page, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { holdBackNotes } from './support/hold-back-notes.js';
import { nameForThisTry } from './support/name-for-this-try.js';
import { bar, card, focused, untilBarSays } from './support/page-parts.js';
import { choosePdfs, PageUser, type PdfFile } from './support/page-user.js';
import { pauseWorker } from './support/pause-worker.js';
import { startSystem, type System } from './support/start-system.js';

const WITHIN = { timeout: 45_000, interval: 50 };
const SLOW = { timeout: 120_000 };
const A_NOTE = /\/notes\/[\w-]+$/;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describeWith(['chromium'], 'the page, for everybody', () => {
  let system: System;
  let browser: Browser;
  let bytes: Uint8Array;

  beforeAll(async () => {
    bytes = await readFile(new URL('../sample/sample.pdf', import.meta.url));
    [system, browser] = await Promise.all([startSystem({ ADMIN_USERS: 'root' }), launchChromium()]);
  });

  afterAll(async () => {
    await browser.close();
    await system[Symbol.asyncDispose]();
  });

  const pdf = (name: string): PdfFile => ({ name, bytes });
  const signIn = (name: string, options?: Parameters<Browser['newContext']>[0]) => PageUser.signIn(browser, system.url, name, options);

  test('axe finds nothing to complain about on any page, in light and in dark', SLOW, async () => {
    const stranger = await browser.newPage();
    await stranger.goto(system.url);
    await stranger.getByLabel('Your name').waitFor();
    await expectNoViolations(stranger, 'sign-in');
    await stranger.close();

    await using ada = await signIn('ada');
    const page = await ada.openTab();
    await expectNoViolations(page, 'no notes yet');
    await page.goto(new URL('/nowhere', system.url).href);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
    await expectNoViolations(page, 'no such page');

    await page.goto(system.url);
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('first.pdf'), { name: 'diary.pdf', bytes: Buffer.from('Dear diary.') });
    await page.getByRole('alert').waitFor();
    await untilBarSays(page, 'first.pdf', 'Saving, 90 %');
    using worker = pauseWorker(system);
    await choosePdfs(page, pdf('second.pdf'));
    await untilBarSays(page, 'second.pdf', 'Queued, 0 %');
    await page.getByRole('button', { name: 'Cancel second.pdf' }).click();
    await card(page, 'second.pdf').getByText('Cancelled.').waitFor();
    worker.goOn();
    await expectNoViolations(page, 'jobs under way, refused and cancelled');
    await notes.letThrough();
    await page.getByRole('link', { name: 'Open the notes of first.pdf' }).waitFor();
    await expectNoViolations(page, 'finished jobs');

    await page.getByRole('link', { name: 'Open the notes of first.pdf' }).click();
    await page.getByRole('heading', { name: 'Test yourself' }).waitFor();
    await expectNoViolations(page, 'a note');
    for (const number of [0, 1, 2]) await page.locator('.question').nth(number).getByRole('button').first().click();
    await page.locator('.question').nth(3).getByRole('button', { name: 'Show answer' }).click();
    await expectNoViolations(page, 'an answered quiz');
  });

  test('everything can be done with the keyboard, and the focus is never lost', SLOW, async () => {
    await using context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(system.url);
    await page.getByLabel('Your name').waitFor();
    await page.keyboard.type(nameForThisTry('ben'));
    await page.keyboard.press('Enter');
    await vi.waitFor(async () => expect(await focused(page)).toBe('Turn a PDF into study notes'), WITHIN);

    const opened = page.waitForEvent('filechooser');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Choose PDFs');
    using worker = pauseWorker(system);
    await page.keyboard.press('Enter');
    const files = ['one.pdf', 'two.pdf', 'three.pdf'].map((name) => ({ name, mimeType: 'application/pdf', buffer: Buffer.from(bytes) }));
    await (await opened).setFiles(files);
    for (const { name } of files) await untilBarSays(page, name, 'Queued, 0 %');

    // Past the choice of the way, to the first card; the newest is on top.
    await page.getByRole('button', { name: 'Choose PDFs' }).focus();
    for (const name of ['', 'Cancel three.pdf']) {
      await page.keyboard.press('Tab');
      if (name !== '') expect(await focused(page)).toBe(name);
    }
    await page.keyboard.press('Enter');
    await vi.waitFor(async () => expect(await focused(page)).toBe('Try again: three.pdf'), WITHIN);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await vi.waitFor(async () => expect(await focused(page)).toBe('Cancel two.pdf'), WITHIN);
    await vi.waitFor(async () => expect(await card(page, 'three.pdf').count()).toBe(0), WITHIN);

    worker.goOn();
    await vi.waitFor(async () => expect(await focused(page)).toBe('Open the notes of two.pdf'), WITHIN);
    await page.keyboard.press('Enter');
    await page.waitForURL(A_NOTE, WITHIN);
    await vi.waitFor(async () => expect(await focused(page)).toBe('How We Hear'), WITHIN);
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).toBe('All notes');

    await page.goto(system.url);
    await page.getByRole('heading', { name: 'Your notes' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Choose PDFs');
  });

  test('a screen reader is told of each PDF by its name, not more often than a person can hear, and of the end in any case', SLOW, async () => {
    await using cleo = await signIn('cleo');
    const page = await cleo.openTab();
    await page.evaluate(() => {
      const heard: { text: string; at: number }[] = [];
      Object.assign(window, { heard });
      const region = document.querySelector('[data-announcer]')!;
      new MutationObserver(() => heard.push({ text: region.textContent ?? '', at: performance.now() })).observe(region, { characterData: true, childList: true, subtree: true });
    });
    const heard = () => page.evaluate(() => (window as unknown as { heard: { text: string; at: number }[] }).heard);
    await choosePdfs(page, pdf('alpha.pdf'), pdf('beta.pdf'));
    await vi.waitFor(async () => {
      const all = (await heard()).map(({ text }) => text).join(' ');
      for (const name of ['alpha.pdf', 'beta.pdf']) expect(all).toContain(`${name}: Completed.`);
    }, WITHIN);
    const times = (await heard()).map(({ at }) => at);
    for (const [index, at] of times.entries()) if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThan(2_900);
    expect(await page.locator('.job-card [role="status"], .job-card [aria-live]').count()).toBe(0);
  });

  test('nothing on the page moves while jobs come, go on and end, but for what the user does', SLOW, async () => {
    await using dan = await signIn('dan');
    const page = await dan.openTab();
    await page.evaluate(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      // What follows a click within half a second is what the user wanted; Chromium leaves it out by itself.
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) if (!entry.hadRecentInput) shifts.push(entry.value);
      }).observe({ type: 'layout-shift' });
    });
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('one.pdf'), pdf('two.pdf'));
    for (const name of ['one.pdf', 'two.pdf']) await untilBarSays(page, name, 'Saving, 90 %');
    const before = await card(page, 'one.pdf').boundingBox();
    await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts.splice(0));
    await notes.letThrough();
    for (const name of ['one.pdf', 'two.pdf']) await card(page, name).getByRole('link', { name: 'Open the notes' }).waitFor();
    expect(await card(page, 'one.pdf').boundingBox()).toEqual(before);
    const total = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0));
    expect(total).toBeLessThan(0.05);
  });

  test('the colours follow the system until they are chosen, and the choice is remembered and seen in every tab', SLOW, async () => {
    await using eve = await signIn('eve', { colorScheme: 'dark' });
    const [page, other] = await Promise.all([eve.openTab(), eve.openTab()]);
    const isDark = (tab: Page) => tab.evaluate(() => getComputedStyle(document.body).backgroundColor === 'rgb(20, 22, 27)');
    expect(await isDark(page)).toBe(true);
    await page.getByRole('button', { name: 'Colours: like the system' }).click();
    expect(await isDark(page)).toBe(false);
    await vi.waitFor(async () => expect(await isDark(other)).toBe(false), WITHIN);
    await page.reload();
    await page.getByRole('button', { name: 'Colours: light' }).waitFor();
    expect(await isDark(page)).toBe(false);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Colours: light' }).click();
    expect(await isDark(page)).toBe(true);
  });

  test('the badge tells live from polling from offline, and what it says is true', SLOW, async () => {
    await using fay = await signIn('fay');
    const { context, network } = await cuttableNetwork(fay);
    const page = await fay.openTab();
    const untilBadgeSays = (text: string) =>
      vi.waitFor(async () => expect(await page.locator('.connection-badge').textContent()).toBe(`Connection: ${text}`), WITHIN);
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('watched.pdf'));
    await untilBarSays(page, 'watched.pdf', 'Saving, 90 %');
    await untilBadgeSays('Live');

    network.passes = 'nothing';
    await network.cut();
    await untilBadgeSays('Offline');
    network.passes = 'requests';
    await untilBadgeSays('Polling');
    await context.setOffline(true);
    await untilBadgeSays('Offline');
    await context.setOffline(false);
    await untilBadgeSays('Polling');
    // What the badge promises: progress comes without a socket.
    await notes.letThrough();
    await page.waitForURL(A_NOTE, WITHIN);

    network.passes = 'everything';
    await context.setOffline(true);
    await context.setOffline(false);
    await untilBadgeSays('Live');
  });

  test('administrators find their way to the queues, others see no such way, and nobody sees the devtools', SLOW, async () => {
    await using root = await signIn('root');
    await using gus = await signIn('gus');
    const [ofRoot, ofGus] = await Promise.all([root.openTab(), gus.openTab()]);
    expect(await ofRoot.getByRole('link', { name: 'Queues' }).getAttribute('href')).toBe('/admin');
    expect(await ofGus.getByRole('link', { name: 'Queues' }).count()).toBe(0);
    expect(await ofGus.getByRole('button', { name: 'Job events' }).count()).toBe(0);
  });

  test('who signs out leaves no file and no job behind in the browser', SLOW, async () => {
    await using hal = await signIn('hal');
    const page = await hal.openTab();
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('private.pdf'));
    await bar(page, 'private.pdf').waitFor();
    await page.route('**/upload', () => {}); // never answered
    await choosePdfs(page, pdf('unsent.pdf'));
    await card(page, 'unsent.pdf').getByText('Sending', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Your name').fill('ivy');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Turn a PDF into study notes' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByText(/private\.pdf|unsent\.pdf/).count()).toBe(0);
    const kept = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const opening = indexedDB.open('pdf-notes');
          opening.onsuccess = () => {
            const counting = opening.result.transaction('files-being-sent').objectStore('files-being-sent').count();
            counting.onsuccess = () => resolve(counting.result);
          };
        }),
    );
    expect(kept).toBe(0);
    await notes.letThrough();
  });

  /** What lies between the tabs that a user opens from now on and the server. */
  async function cuttableNetwork(user: PageUser) {
    const context = (await user.openTab()).context();
    const sockets = new Set<WebSocketRoute>();
    const network: { passes: 'everything' | 'requests' | 'nothing'; cut(): Promise<void> } = {
      passes: 'everything',
      cut: async () => {
        await Promise.all([...sockets].map((socket) => socket.close()));
      },
    };
    await context.routeWebSocket(/\/socket\.io\//, (socket) => {
      if (network.passes !== 'everything') return void socket.close();
      socket.connectToServer();
      sockets.add(socket);
    });
    await context.route(/\/socket\.io\//, (route) => (network.passes === 'everything' ? route.continue() : route.abort()));
    await context.route(/\/api\/jobs/, (route) => (network.passes === 'nothing' ? route.abort() : route.continue()));
    return { context, network };
  }

  /** In both themes, as the system asks for them. */
  async function expectNoViolations(page: Page, where: string): Promise<void> {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.addScriptTag({ path: AXE });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForFunction(() => document.getAnimations().length === 0);
      const { violations } = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run());
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`);
      expect(found, `${where}, ${colorScheme}`).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  }
});
