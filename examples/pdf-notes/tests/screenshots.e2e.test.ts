import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, launchChromium } from '@notes/test-kit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveModel } from './model/serve-model.js';
import { StubModel } from './model/stub-model.js';
import { makePdf } from './pdfs/make-pdf.js';
import { card } from './support/page-parts.js';
import { choosePdfs, PageUser } from './support/page-user.js';
import { pauseWorker } from './support/pause-worker.js';
import { startSystem } from './support/start-system.js';
import { sampleChapters, writePdf, writeScannedPdf } from './support/write-pdf.js';

/** Where the pictures of the docs are written anew (`pnpm --filter pdf-notes run screenshots`); else they are only looked at. */
const KEPT_IN = process.env['SCREENSHOTS_IN'];
const PATIENCE_MS = 120_000;
const DESKTOP = { viewport: { width: 1040, height: 1330 }, deviceScaleFactor: 2 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

describeWith(['chromium'], 'the pictures of the docs, while workers are under way', () => {
  let folder: string;
  let browser: Browser;
  let chapters: Awaited<ReturnType<typeof sampleChapters>>;
  let pdfs: Readonly<Record<'sample' | 'middleEar' | 'long' | 'short' | 'large', Uint8Array>>;

  beforeAll(async () => {
    folder = KEPT_IN ?? (await mkdtemp(join(tmpdir(), 'screenshots-')));
    chapters = await sampleChapters();
    pdfs = {
      sample: await readFile(new URL('../sample/sample.pdf', import.meta.url)),
      middleEar: await writePdf(chapters[2]!.title, [chapters[2]!]),
      long: await writePdf('Hearing, from air to meaning', Array.from({ length: 40 }, () => chapters).flat()),
      short: await writePdf('Balance', [chapters[4]!]),
      large: await makePdf((pdf) => pdf.text(chapters[5]!.paragraphs.join(' ')).file(randomBytes(600_000), { name: 'recording' })),
    };
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    if (KEPT_IN === undefined) await rm(folder, { recursive: true, force: true });
  });

  test.each([
    ['', 'Ada', DESKTOP, ['page-running', 'note']],
    ['-dark', 'Grace', { ...DESKTOP, colorScheme: 'dark' as const }, ['page-running-dark', 'quiz-dark']],
    ['-phone', 'Linus', PHONE, ['page-running-phone', 'note-phone']],
  ] as const)('one PDF is sent, one waits, one is read; then the notes (page-running%s.png)', async (suffix, userName, options, names) => {
    await shootWork(suffix, userName, options);
    for (const name of names) expect(await sizeOf(name)).toEqual(pixelsOf(options));
  }, PATIENCE_MS);

  test('what can go wrong, as it is shown (page-troubles.png)', async () => {
    await shootTroubles('Barbara');
    expect(await sizeOf('page-troubles')).toEqual(pixelsOf(DESKTOP));
  }, PATIENCE_MS);

  /** A user with notes already, one PDF that is being read, one that waits and one that is being sent; then the notes. */
  async function shootWork(suffix: '' | '-dark' | '-phone', userName: string, options: Parameters<Browser['newContext']>[0]): Promise<void> {
    await using system = await startSystem({ LOG_LEVEL: 'silent' });
    await using user = await PageUser.signIn(browser, system.url, userName, options);
    const page = await user.openTab();
    for (const pdf of [{ name: 'how-we-hear.pdf', bytes: pdfs.sample }, { name: 'the-middle-ear.pdf', bytes: pdfs.middleEar }]) {
      await choosePdfs(page, pdf);
      await page.waitForURL(/\/notes\//);
      await page.getByRole('link', { name: 'All notes', exact: true }).click();
    }
    await choosePdfs(page, { name: 'lecture-07-the-auditory-system.pdf', bytes: pdfs.long });
    await page.getByText(/page \d+ of/).waitFor();
    using worker = pauseWorker(system); // holds still for the picture
    await choosePdfs(page, { name: 'lecture-08-balance.pdf', bytes: pdfs.short });
    await card(page, 'lecture-08').getByText('Queued', { exact: true }).waitFor();
    await sendAt(page, 60_000);
    await choosePdfs(page, { name: 'lecture-09-with-recordings.pdf', bytes: pdfs.large });
    await page.waitForFunction(() => [...document.querySelectorAll('[role=progressbar]')].some((bar) => /^Sending, [3-9]\d/.test(bar.getAttribute('aria-valuetext') ?? '')));
    await picture(page, `page-running${suffix}`);
    await sendAt(page, -1);
    worker.goOn();
    await card(page, 'lecture-07').getByRole('link', { name: 'Open the notes' }).waitFor();
    await page.getByRole('link', { name: /how-we-hear/ }).click();

    await page.getByRole('heading', { name: 'Test yourself' }).waitFor();
    if (suffix !== '-dark') await picture(page, `note${suffix}`);
    if (suffix !== '-dark') return;
    const question = (number: number) => page.locator('.question').nth(number);
    for (const number of [0, 1, 2]) await question(number).getByRole('button').nth(number).click();
    await page.getByRole('heading', { name: 'Test yourself' }).evaluate((heading) => window.scrollTo(0, heading.getBoundingClientRect().top + window.scrollY - 90));
    await picture(page, 'quiz-dark');
  }

  /** What can go wrong, as it is shown: a file that is no PDF, one without text, one that is tried again, one cancelled. */
  async function shootTroubles(userName: string): Promise<void> {
    await using model = await serveModel(new StubModel(() => ({ status: 503, headers: { 'retry-after-ms': '1' } })));
    await using troubled = await startSystem({ LOG_LEVEL: 'silent', AI_BASE_URL: model.baseUrl, AI_MODEL: 'away' });
    await using user = await PageUser.signIn(browser, troubled.url, userName, DESKTOP);
    const page = await user.openTab();
    await choosePdfs(page, { name: 'diary.pdf', bytes: Buffer.from('Dear diary, today I did not write a PDF.') }, { name: 'scanned-handout.pdf', bytes: await writeScannedPdf(3) });
    await card(page, 'scanned-handout.pdf').getByText('Failed', { exact: true }).waitFor();
    await choosePdfs(page, { name: 'lecture-08-balance.pdf', bytes: pdfs.short });
    await card(page, 'lecture-08-balance.pdf').getByText('Retrying', { exact: true }).waitFor();
    using _worker = pauseWorker(troubled);
    await page.getByRole('radio', { name: 'Step by step' }).check({ force: true });
    await choosePdfs(page, { name: 'lecture-07-the-auditory-system.pdf', bytes: pdfs.long });
    await page.getByRole('button', { name: 'Cancel lecture-07-the-auditory-system.pdf' }).click();
    await card(page, 'lecture-07').getByText('Cancelled.').waitFor();
    await picture(page, 'page-troubles');
  }

  async function picture(page: Page, name: string): Promise<void> {
    await page.mouse.move(0, 0);
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.waitForFunction(() => document.getAnimations().every(({ effect }) => effect?.getTiming().iterations !== 1));
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }

  /** Width and height, as the header of a PNG has them. */
  async function sizeOf(name: string): Promise<readonly [number, number]> {
    const png = await readFile(join(folder, `${name}.png`));
    return [png.readUInt32BE(16), png.readUInt32BE(20)];
  }
});

const pixelsOf = ({ viewport, deviceScaleFactor }: typeof DESKTOP) => [viewport.width * deviceScaleFactor, viewport.height * deviceScaleFactor];

/** Bytes a second of what is sent; -1: as fast as it goes. */
async function sendAt(page: Page, uploadThroughput: number): Promise<void> {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
}
