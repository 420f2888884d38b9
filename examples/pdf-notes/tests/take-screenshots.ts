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
const DESKTOP = { viewport: { width: 1040, height: 1080 }, deviceScaleFactor: 2 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const chapters = await sampleChapters();
const long = await writePdf('Hearing, from air to meaning', Array.from({ length: 60 }, () => chapters).flat());
const scanned = await writeScannedPdf(3);

await using system = await startSystem({ LOG_LEVEL: 'silent' });
await using browser = await launchChromium();
await mkdir(FOLDER, { recursive: true });

await shoot('page-running', browser, 'Ada', DESKTOP);
await shoot('page-running-dark', browser, 'Grace', { ...DESKTOP, colorScheme: 'dark' });
await shoot('page-running-phone', browser, 'Linus', PHONE);

/** A user with notes already, a PDF that is being read and one that could not be; and the note, under the first name. */
async function shoot(name: string, at: Browser, userName: string, options: Parameters<Browser['newContext']>[0]): Promise<void> {
  await using user = await PageUser.signIn(at, system.url, userName, options);
  const page = await user.openTab();
  for (const chapter of [chapters[0]!, chapters[3]!]) {
    await choosePdfs(page, { name: `${chapter.title.toLowerCase().replaceAll(' ', '-')}.pdf`, bytes: await writePdf(chapter.title, [chapter]) });
    await page.waitForURL(/\/notes\//);
    if (chapter === chapters[3]) await picture(page, name.replace('page-running', 'note'));
    await page.getByRole('link', { name: 'All notes' }).click();
  }
  await choosePdfs(page, { name: 'scanned-handout.pdf', bytes: scanned });
  await page.getByText('Failed', { exact: true }).first().waitFor();
  await choosePdfs(page, { name: 'lecture-07-the-auditory-system.pdf', bytes: long });
  await page.getByText(/page [2-9]\d* of/).waitFor();
  process.kill(system.worker.pid, 'SIGSTOP'); // holds still for the picture
  await picture(page, name);
  process.kill(system.worker.pid, 'SIGCONT');
  await page.waitForURL(/\/notes\//);
}

async function picture(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect?.getTiming().iterations === 1).map(({ finished }) => finished)));
  await page.screenshot({ path: `${FOLDER}${name}.png` });
}
