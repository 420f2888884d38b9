// Writes the pictures in docs/images, of the application as it is built, while a worker is under way:
// node --import ../../packages/test-kit/src/run-sources.mjs tests/take-screenshots.ts (pnpm screenshots)
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '@notes/test-kit';
import type { Browser, Page } from 'playwright-core';
import { choosePdfs, PageUser } from './support/page-user.js';
import { startSystem } from './support/start-system.js';
import { sampleChapters, writePdf, writeScannedPdf } from './support/write-pdf.js';

const FOLDER = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const DESKTOP = { viewport: { width: 1040, height: 1160 }, deviceScaleFactor: 2 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const chapters = await sampleChapters();
const long = await writePdf('Hearing, from air to meaning', Array.from({ length: 60 }, () => chapters).flat());
const scanned = await writeScannedPdf(3);

await using system = await startSystem({ LOG_LEVEL: 'silent' });
await using browser = await launchChromium();
await mkdir(FOLDER, { recursive: true });

await shoot('', 'Ada', DESKTOP);
await shoot('-dark', 'Grace', { ...DESKTOP, colorScheme: 'dark' });
await shoot('-phone', 'Linus', PHONE);

/** A user with notes already, a PDF that is being read, another one that waits, and, in the dark, one that failed. */
async function shoot(suffix: '' | '-dark' | '-phone', userName: string, options: Parameters<Browser['newContext']>[0]): Promise<void> {
  await using user = await PageUser.signIn(browser, system.url, userName, options);
  const page = await user.openTab();
  for (const chapter of [chapters[0]!, chapters[3]!]) {
    await choosePdfs(page, { name: `${chapter.title.toLowerCase().replaceAll(' ', '-')}.pdf`, bytes: await writePdf(chapter.title, [chapter]) });
    await page.waitForURL(/\/notes\//);
    if (suffix === '' && chapter === chapters[3]) await picture(page, `note${suffix}`);
    await page.getByRole('link', { name: 'All notes' }).click();
  }
  if (suffix === '-dark') {
    await choosePdfs(page, { name: 'scanned-handout.pdf', bytes: scanned });
    await page.getByText('Failed', { exact: true }).first().waitFor();
  }
  await choosePdfs(page, { name: 'lecture-07-the-auditory-system.pdf', bytes: long });
  await page.getByText(/page [2-9]\d* of/).waitFor();
  process.kill(system.worker.pid, 'SIGSTOP'); // holds still for the picture
  await choosePdfs(page, { name: 'lecture-08-balance.pdf', bytes: await writePdf('Balance', [chapters[4]!]) });
  await page.getByText('Queued', { exact: true }).first().waitFor();
  await picture(page, `page-running${suffix}`);
  process.kill(system.worker.pid, 'SIGCONT');
  await page.waitForURL(/\/notes\//);
}

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations === 1).map(({ finished }) => finished)));
  await page.screenshot({ path: `${FOLDER}${name}.png` });
}
