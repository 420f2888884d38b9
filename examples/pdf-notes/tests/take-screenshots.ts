// Writes the pictures in docs/images, of the application as it is built, while its workers are under way:
// node --import ../../packages/test-kit/src/run-sources.mjs tests/take-screenshots.ts (pnpm screenshots)
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '@notes/test-kit';
import type { Browser, Page } from 'playwright-core';
import { serveModel } from './model/serve-model.js';
import { StubModel } from './model/stub-model.js';
import { makePdf } from './pdfs/make-pdf.js';
import { card } from './support/page-parts.js';
import { choosePdfs, PageUser } from './support/page-user.js';
import { startSystem } from './support/start-system.js';
import { sampleChapters, writePdf, writeScannedPdf } from './support/write-pdf.js';

const FOLDER = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const DESKTOP = { viewport: { width: 1040, height: 1330 }, deviceScaleFactor: 2 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const chapters = await sampleChapters();
const sample = await readFile(new URL('../sample/sample.pdf', import.meta.url));
const middleEar = await writePdf(chapters[2]!.title, [chapters[2]!]);
const long = await writePdf('Hearing, from air to meaning', Array.from({ length: 60 }, () => chapters).flat());
const short = await writePdf('Balance', [chapters[4]!]);
const large = await makePdf((pdf) => pdf.text(chapters[5]!.paragraphs.join(' ')).file(randomBytes(600_000), { name: 'recording' }));

await mkdir(FOLDER, { recursive: true });
await using browser = await launchChromium();
await using system = await startSystem({ LOG_LEVEL: 'silent' });

await shootWork('', 'Ada', DESKTOP);
await shootWork('-dark', 'Grace', { ...DESKTOP, colorScheme: 'dark' });
await shootWork('-phone', 'Linus', PHONE);
await shootTroubles('Barbara');

/** A user with notes already, one PDF that is being read, one that waits and one that is being sent; then the notes. */
async function shootWork(suffix: '' | '-dark' | '-phone', userName: string, options: Parameters<Browser['newContext']>[0]): Promise<void> {
  await using user = await PageUser.signIn(browser, system.url, userName, options);
  const page = await user.openTab();
  for (const pdf of [{ name: 'how-we-hear.pdf', bytes: sample }, { name: 'the-middle-ear.pdf', bytes: middleEar }]) {
    await choosePdfs(page, pdf);
    await page.waitForURL(/\/notes\//);
    await page.getByRole('link', { name: 'All notes', exact: true }).click();
  }
  await choosePdfs(page, { name: 'lecture-07-the-auditory-system.pdf', bytes: long });
  await page.getByText(/page [2-9]\d* of/).waitFor();
  process.kill(system.worker.pid, 'SIGSTOP'); // holds still for the picture
  await choosePdfs(page, { name: 'lecture-08-balance.pdf', bytes: short });
  await card(page, 'lecture-08').getByText('Queued', { exact: true }).waitFor();
  await sendAt(page, 60_000);
  await choosePdfs(page, { name: 'lecture-09-with-recordings.pdf', bytes: large });
  await page.waitForFunction(() => [...document.querySelectorAll('[role=progressbar]')].some((bar) => /^Sending, [3-9]\d/.test(bar.getAttribute('aria-valuetext') ?? '')));
  await picture(page, `page-running${suffix}`);
  await sendAt(page, -1);
  process.kill(system.worker.pid, 'SIGCONT');
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
  await choosePdfs(page, { name: 'lecture-08-balance.pdf', bytes: short });
  await card(page, 'lecture-08-balance.pdf').getByText('Retrying', { exact: true }).waitFor();
  process.kill(troubled.worker.pid, 'SIGSTOP');
  await page.getByRole('radio', { name: 'Step by step' }).check({ force: true });
  await choosePdfs(page, { name: 'lecture-07-the-auditory-system.pdf', bytes: long });
  await page.getByRole('button', { name: 'Cancel lecture-07-the-auditory-system.pdf' }).click();
  await card(page, 'lecture-07').getByText('Cancelled.').waitFor();
  await picture(page, 'page-troubles');
  process.kill(troubled.worker.pid, 'SIGCONT');
}

/** Bytes a second of what is sent; -1: as fast as it goes. */
async function sendAt(page: Page, uploadThroughput: number): Promise<void> {
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
}

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.waitForFunction(() => document.getAnimations().every(({ effect }) => effect?.getTiming().iterations !== 1));
  await page.screenshot({ path: `${FOLDER}${name}.png` });
}
