import { readFile } from 'node:fs/promises';
import { describeWith, launchChromium } from '@notes/test-kit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { StudyNotes } from '../src/notes/study-notes.js';
import { holdBackNotes } from './support/hold-back-notes.js';
import { choosePdfs, dropPdfs, PageUser, type PdfFile } from './support/page-user.js';
import { startSystem, type System } from './support/start-system.js';

const WITHIN = { timeout: 45_000, interval: 50 };

describeWith(['chromium'], 'the page', () => {
  let system: System;
  let browser: Browser;
  let bytes: Uint8Array;

  beforeAll(async () => {
    bytes = await readFile(new URL('../sample/sample.pdf', import.meta.url));
    [system, browser] = await Promise.all([startSystem(), launchChromium()]);
  });

  afterAll(async () => {
    await browser.close();
    await system[Symbol.asyncDispose]();
  });

  const pdf = (name: string): PdfFile => ({ name, bytes });
  const signIn = (name: string, options?: Parameters<Browser['newContext']>[0]) => PageUser.signIn(browser, system.url, name, options);
  const job = (page: Page, fileName: string) => page.getByRole('listitem').filter({ hasText: fileName }).filter({ has: page.getByRole('progressbar') });
  const bar = (page: Page, fileName: string) => page.getByRole('progressbar', { name: `Notes for ${fileName}` });

  test('two tabs of one user show a job to its end, the one that began it goes to the note, and a second user sees nothing', { timeout: 120_000 }, async () => {
    await using ada = await signIn('ada');
    await using eve = await signIn('eve');
    const [first, second, prying] = await Promise.all([ada.openTab(), ada.openTab(), eve.openTab()]);
    await using notes = await holdBackNotes(system);
    await choosePdfs(first, pdf('hearing.pdf'));
    for (const tab of [first, second])
      await vi.waitFor(async () => {
        expect(await bar(tab, 'hearing.pdf').getAttribute('aria-valuetext')).toBe('Saving, 90 %');
      }, WITHIN);
    const jobId = await job(first, 'hearing.pdf').getAttribute('data-job-id');
    await notes.letThrough();

    await first.waitForURL(/\/notes\/[\w-]+$/, WITHIN);
    await first.getByRole('heading', { name: 'How We Hear' }).waitFor();
    await job(second, 'hearing.pdf').getByRole('link', { name: 'Open the notes' }).waitFor();
    expect(await bar(second, 'hearing.pdf').getAttribute('aria-valuetext')).toBe('Completed, 100 %');
    expect(new URL(second.url()).pathname).toBe('/');
    await second.getByRole('link', { name: /How We Hear/ }).waitFor();

    const note = new URL(first.url()).pathname;
    expect(await prying.getByRole('progressbar').count()).toBe(0);
    expect(await prying.getByText('hearing.pdf').count()).toBe(0);
    expect(await eve.read(`/api/jobs/${jobId}`)).toMatchObject({ status: 404 });
    expect(await eve.read('/api/jobs')).toMatchObject({ status: 200, body: { jobs: [] } });
    expect(await eve.read(note)).toMatchObject({ status: 404 });
    expect(await ada.read(note)).toMatchObject({ status: 200 });
  });

  test('several PDFs dropped at once each get a line of their own, and a file that is no PDF gets a sentence', { timeout: 120_000 }, async () => {
    await using ben = await signIn('ben');
    const page = await ben.openTab();
    await using notes = await holdBackNotes(system);
    const diary = { name: 'diary.pdf', bytes: Buffer.from('Dear diary, today I did not write a PDF.') };
    await dropPdfs(page, pdf('first.pdf'), diary, pdf('second.pdf'));
    await page.getByRole('listitem').filter({ hasText: 'diary.pdf' }).getByRole('alert').filter({ hasText: /PDF.*\.$/ }).waitFor();
    for (const name of ['first.pdf', 'second.pdf'])
      await vi.waitFor(async () => expect(await bar(page, name).getAttribute('aria-valuenow')).toBe('90'), WITHIN);
    await page.getByRole('button', { name: 'Dismiss diary.pdf' }).click();
    expect(await page.getByText('diary.pdf').count()).toBe(0);
    await notes.letThrough();
    await page.waitForURL(/\/notes\//, WITHIN);
    await page.getByRole('link', { name: 'All notes' }).click();
    await vi.waitFor(async () => expect(await page.getByRole('link', { name: /How We Hear/ }).count()).toBe(2), WITHIN);
  });

  test('a job can be cancelled', { timeout: 120_000 }, async () => {
    await using cleo = await signIn('cleo');
    const page = await cleo.openTab();
    process.kill(system.worker.pid, 'SIGSTOP'); // so that it cannot be too fast for us
    try {
      await choosePdfs(page, pdf('unwanted.pdf'));
      await page.getByRole('button', { name: 'Cancel unwanted.pdf' }).click();
      await job(page, 'unwanted.pdf').getByText('Cancelled. Nothing was kept.').waitFor();
    } finally {
      process.kill(system.worker.pid, 'SIGCONT');
    }
  });

  test('a job goes on through a reload, and the page still goes to its note', { timeout: 120_000 }, async () => {
    await using dan = await signIn('dan');
    const page = await dan.openTab();
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('reloaded.pdf'));
    await vi.waitFor(async () => expect(await bar(page, 'reloaded.pdf').getAttribute('aria-valuenow')).toBe('90'), WITHIN);
    await page.reload();
    await bar(page, 'reloaded.pdf').waitFor();
    await notes.letThrough();
    await page.waitForURL(/\/notes\//, WITHIN);
  });

  test('a note is reached by its address, shows its parts, and its quiz tells right from wrong', { timeout: 120_000 }, async () => {
    await using fay = await signIn('fay');
    const page = await fay.openTab();
    await choosePdfs(page, pdf('hearing.pdf'));
    await page.waitForURL(/\/notes\//, WITHIN);
    const again = await fay.openTab(new URL(page.url()).pathname);
    for (const part of ['How We Hear', 'Key terms', 'Test yourself']) await again.getByRole('heading', { name: part }).waitFor();

    const { body } = await fay.read(new URL(page.url()).pathname);
    const [first, second] = (body as StudyNotes).quiz;
    const question = (text: string) => again.getByRole('listitem').filter({ hasText: text });
    const wrong = first!.choices.find((choice) => choice !== first!.answer)!;
    await question(first!.question).getByRole('button', { name: wrong, exact: true }).press('Enter');
    await question(first!.question).getByText(`Not quite: ${first!.answer}.`).waitFor();
    await question(second!.question).getByRole('button', { name: second!.answer, exact: true }).click();
    await question(second!.question).getByText('Right.').waitFor();
  });

  test('on a phone-sized window everything fits and can be reached by touch', { timeout: 120_000 }, async () => {
    await using gus = await signIn('gus', { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    const page = await gus.openTab();
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('a-very-long-file-name-that-no-phone-has-room-for-but-must-not-break-the-page.pdf'));
    await vi.waitFor(async () => expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('90'), WITHIN);
    expect(await widthBeyondWindow(page)).toBe(0);
    await notes.letThrough();
    await page.waitForURL(/\/notes\//, WITHIN);
    await page.getByRole('heading', { name: 'Test yourself' }).waitFor();
    expect(await widthBeyondWindow(page)).toBe(0);
    await page.getByRole('link', { name: 'All notes' }).tap();
    await page.getByRole('heading', { name: 'Your notes' }).waitFor();
    expect(await widthBeyondWindow(page)).toBe(0);
  });
});

/** How many pixels of the page can only be seen by scrolling sideways. */
const widthBeyondWindow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
