import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describeWith, launchChromium } from '@notes/test-kit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { StudyNotes } from '../src/notes/study-notes.js';
import { makePdf } from './pdfs/make-pdf.js';
import { holdBackNotes } from './support/hold-back-notes.js';
import { bar, card, focused, untilBarSays, widthBeyondWindow } from './support/page-parts.js';
import { choosePdfs, dropPdfs, PageUser, type PdfFile } from './support/page-user.js';
import { pauseWorker } from './support/pause-worker.js';
import { startSystem, type System } from './support/start-system.js';

const WITHIN = { timeout: 45_000, interval: 50 };
const SLOW = { timeout: 120_000 };
const A_NOTE = /\/notes\/[\w-]+$/;

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
  const pathOf = (page: Page) => new URL(page.url()).pathname;

  test('two tabs of one user show a job to its end, the one that began it goes to the note, and a second user sees nothing', SLOW, async () => {
    await using ada = await signIn('ada');
    await using eve = await signIn('eve');
    const [first, second, prying] = await Promise.all([ada.openTab(), ada.openTab(), eve.openTab()]);
    await using notes = await holdBackNotes(system);
    await choosePdfs(first, pdf('hearing.pdf'));
    for (const tab of [first, second]) await untilBarSays(tab, 'hearing.pdf', 'Saving, 90 %');
    const jobId = await card(first, 'hearing.pdf').getAttribute('data-job-id');
    await notes.letThrough();

    await first.waitForURL(A_NOTE, WITHIN);
    await first.getByRole('heading', { name: 'How We Hear' }).waitFor();
    await card(second, 'hearing.pdf').getByRole('link', { name: 'Open the notes' }).waitFor();
    await untilBarSays(second, 'hearing.pdf', 'Completed, 100 %');
    expect(pathOf(second)).toBe('/');
    await second.getByRole('link', { name: /How We Hear/ }).waitFor();

    const note = pathOf(first);
    expect(await prying.getByRole('progressbar').count()).toBe(0);
    expect(await prying.getByText('hearing.pdf').count()).toBe(0);
    expect(await eve.read(`/api/jobs/${jobId}`)).toMatchObject({ status: 404 });
    expect(await eve.read('/api/jobs')).toMatchObject({ status: 200, body: { jobs: [] } });
    expect(await eve.read(note)).toMatchObject({ status: 404 });
    expect(await ada.read(note)).toMatchObject({ status: 200 });
  });

  test('several PDFs dropped at once each get a card of their own, a file that is no PDF gets a sentence, and the page stays', SLOW, async () => {
    await using ben = await signIn('ben');
    const page = await ben.openTab();
    await using notes = await holdBackNotes(system);
    const diary = { name: 'diary.pdf', bytes: Buffer.from('Dear diary, today I did not write a PDF.') };
    await dropPdfs(page, pdf('first.pdf'), diary, pdf('second.pdf'));
    await card(page, 'diary.pdf').getByRole('alert').filter({ hasText: /PDF.*\.$/ }).waitFor();
    for (const name of ['first.pdf', 'second.pdf']) await untilBarSays(page, name, 'Saving, 90 %');
    const stages = await card(page, 'first.pdf').getByRole('list', { name: 'Stages' }).getByRole('listitem').allTextContents();
    expect(stages).toEqual(['Getting ready, done', 'Fetching the file, done', 'Reading the text, done', 'Writing the notes, done', 'Saving, under way']);

    await page.getByRole('button', { name: 'Dismiss diary.pdf' }).click();
    await vi.waitFor(async () => expect(await page.getByText('diary.pdf').count()).toBe(0), WITHIN);
    await notes.letThrough();
    for (const name of ['first.pdf', 'second.pdf']) await card(page, name).getByRole('link', { name: 'Open the notes' }).waitFor();
    await vi.waitFor(async () => expect(await page.getByRole('link', { name: /How We Hear/ }).count()).toBe(2), WITHIN);
    expect(pathOf(page)).toBe('/');
  });

  test('a job can be cancelled and tried again, with the focus on the button that comes next', SLOW, async () => {
    await using cleo = await signIn('cleo');
    const page = await cleo.openTab();
    using worker = pauseWorker(system);
    await choosePdfs(page, pdf('wavering.pdf'));
    await untilBarSays(page, 'wavering.pdf', 'Queued, 0 %');
    await page.getByRole('button', { name: 'Cancel wavering.pdf' }).press('Enter');
    await card(page, 'wavering.pdf').getByText('Cancelled. No notes were made.').waitFor();
    expect(await focused(page)).toBe('Try again: wavering.pdf');
    worker.goOn();
    await page.keyboard.press('Enter');
    await page.waitForURL(A_NOTE, WITHIN);
  });

  test('a retry that the server refuses says why', SLOW, async () => {
    await using cora = await signIn('cora');
    const page = await cora.openTab();
    using _worker = pauseWorker(system);
    await choosePdfs(page, pdf('gone.pdf'));
    await page.getByRole('button', { name: 'Cancel gone.pdf' }).click();
    await card(page, 'gone.pdf').getByText('Cancelled.').waitFor();
    await system.pool.query('delete from files where id in (select file_id from jobs where file_name = $1)', ['gone.pdf']);
    await page.getByRole('button', { name: 'Try again: gone.pdf' }).click();
    await card(page, 'gone.pdf').getByRole('alert').filter({ hasText: /upload it again\.$/ }).waitFor();
  });

  test('the way through the workers is chosen on the page, remembered, and shown on the card', SLOW, async () => {
    await using dora = await signIn('dora');
    const page = await dora.openTab();
    expect(await page.getByRole('radio', { name: 'In one go' }).isChecked()).toBe(true);
    await page.getByRole('radio', { name: 'In one go' }).press('ArrowRight');
    await page.reload();
    expect(await page.getByRole('radio', { name: 'Step by step' }).isChecked()).toBe(true);
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('stepwise.pdf'));
    await untilBarSays(page, 'stepwise.pdf', 'Saving, 90 %');
    await card(page, 'stepwise.pdf').getByText('step by step', { exact: true }).waitFor();
    await notes.letThrough();
    await page.waitForURL(A_NOTE, WITHIN);
  });

  test('a job goes on through a reload, and the page still goes to its note', SLOW, async () => {
    await using dan = await signIn('dan');
    const page = await dan.openTab();
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('reloaded.pdf'));
    await untilBarSays(page, 'reloaded.pdf', 'Saving, 90 %');
    await page.reload();
    await bar(page, 'reloaded.pdf').waitFor();
    await notes.letThrough();
    await page.waitForURL(A_NOTE, WITHIN);
  });

  test('an upload shows how much is sent, asks before the page is left, and after a reload is sent again when somebody wants it', SLOW, async () => {
    await using fred = await signIn('fred');
    const page = await fred.openTab();
    const network = await page.context().newCDPSession(page);
    const slow = (bytesASecond: number) => network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesASecond });
    await network.send('Network.enable');
    const large = await makePdf((drawing) => drawing.text('The moon pulls at the sea and raises two mounds of water.').file(randomBytes(400_000), { name: 'attachment' }));
    await slow(40_000);
    await choosePdfs(page, { name: 'slow.pdf', bytes: large });
    await untilBarSays(page, 'slow.pdf', /^Sending, [1-9]\d* %$/);

    let asked = 0;
    page.on('dialog', (dialog) => {
      asked += 1;
      void dialog.accept();
    });
    await page.reload();
    expect(asked).toBe(1);
    await card(page, 'slow.pdf').getByRole('alert').filter({ hasText: 'The page was left while this file was being sent.' }).waitFor();
    await slow(-1);
    await page.getByRole('button', { name: 'Send again: slow.pdf' }).click();
    await page.waitForURL(A_NOTE, WITHIN);
    expect((await system.pool.query("select 1 from notes where file_name = 'slow.pdf'")).rowCount).toBe(1);
  });

  test('an upload that arrived although its answer was lost is found as its job, not sent twice', SLOW, async () => {
    await using gil = await signIn('gil');
    const page = await gil.openTab();
    await page.route('**/upload', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await choosePdfs(page, pdf('lost-answer.pdf'));
    await page.waitForURL(A_NOTE, WITHIN);
    await page.getByRole('link', { name: 'All notes', exact: true }).click();
    await page.getByRole('link', { name: /lost-answer\.pdf/ }).waitFor();
    expect(await page.getByRole('progressbar').count()).toBe(0);
  });

  test('who reads another note is not taken away from it when a job ends, but told, and led there on request', SLOW, async () => {
    await using hana = await signIn('hana');
    const page = await hana.openTab();
    await choosePdfs(page, pdf('read-now.pdf'));
    await page.waitForURL(A_NOTE, WITHIN);
    const reading = pathOf(page);
    await page.getByRole('link', { name: 'All notes', exact: true }).click();
    await using notes = await holdBackNotes(system);
    await choosePdfs(page, pdf('read-later.pdf'));
    await untilBarSays(page, 'read-later.pdf', 'Saving, 90 %');
    await page.getByRole('link', { name: /read-now\.pdf/ }).click();
    await page.waitForURL(A_NOTE, WITHIN);
    await notes.letThrough();
    const notice = page.getByRole('complementary', { name: 'Notices' });
    await notice.getByText('read-later.pdf has been turned into notes.').waitFor();
    expect(pathOf(page)).toBe(reading);
    await notice.getByRole('link', { name: 'Open them' }).click();
    await vi.waitFor(() => expect(pathOf(page)).not.toBe(reading), WITHIN);
    await page.getByText('read-later.pdf', { exact: true }).waitFor();
  });

  test('a note is reached by its address, shows its parts, and its quiz tells right from wrong and keeps the score', SLOW, async () => {
    await using fay = await signIn('fay');
    const page = await fay.openTab();
    await choosePdfs(page, pdf('hearing.pdf'));
    await page.waitForURL(A_NOTE, WITHIN);
    const again = await fay.openTab(pathOf(page));
    for (const part of ['How We Hear', 'Key terms', 'Test yourself']) await again.getByRole('heading', { name: part }).waitFor();

    const { quiz } = (await fay.read(pathOf(page))).body as StudyNotes;
    const question = (number: number) => again.locator('.question').nth(number);
    const [first, second] = [quiz[0]!, quiz[1]!];
    const wrong = first.choices.find((choice) => choice !== first.answer)!;
    await question(0).getByRole('button', { name: wrong, exact: true }).press('Enter');
    await question(0).getByText(`Not quite: ${first.answer}.`).waitFor();
    await question(0).getByText(first.explanation).waitFor();
    await question(1).getByRole('button').first().focus();
    await again.keyboard.press(String(second.choices.indexOf(second.answer) + 1));
    await question(1).getByText('Right.').waitFor();
    await question(2).getByRole('button', { name: 'Show answer' }).press('Enter');
    expect(await focused(again)).toBe(`The answer: ${quiz[2]?.answer}.`);
    await again.getByText(`3 of ${quiz.length} answered, 1 right`).waitFor();
    await again.getByRole('button', { name: 'Start over' }).click();
    await again.getByText(`${quiz.length} questions`).waitFor();
    expect(await focused(again)).toBe('Test yourself');
  });

  test('on a phone-sized window everything fits and can be reached by touch', SLOW, async () => {
    await using gus = await signIn('gus', { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    const page = await gus.openTab();
    await using notes = await holdBackNotes(system);
    const name = 'a-very-long-file-name-that-no-phone-has-room-for-but-must-not-break-the-page.pdf';
    await choosePdfs(page, pdf(name), pdf('short.pdf'));
    await untilBarSays(page, name, 'Saving, 90 %');
    expect(await widthBeyondWindow(page)).toBe(0);
    await notes.letThrough();
    await card(page, name).getByRole('link', { name: 'Open the notes' }).tap();
    await page.getByRole('heading', { name: 'Test yourself' }).waitFor();
    expect(await widthBeyondWindow(page)).toBe(0);
    await page.getByRole('link', { name: 'All notes', exact: true }).tap();
    await page.getByRole('heading', { name: 'Your notes' }).waitFor();
    expect(await widthBeyondWindow(page)).toBe(0);
  });
});
