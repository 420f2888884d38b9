import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { badPdfs } from '../../tests/pdfs/bad-pdfs.js';
import { makeBook } from '../../tests/pdfs/make-pdf.js';
import { extractInThread } from './extract-in-thread.js';
import { extractText } from './extract-text.js';

test('a thread reads what the process itself would read, and tells each page', async () => {
  const bytes = new Uint8Array(await readFile(new URL('../../sample/sample.pdf', import.meta.url)));
  const onPage = vi.fn();
  const document = await extractInThread(bytes, { onPage });
  expect(onPage.mock.calls).toEqual([[1, 4], [2, 4], [3, 4], [4, 4]]);
  expect(document).toEqual(await extractText(bytes, { maximumPages: 10 }));
});

test.each([
  ['PDF_ENCRYPTED', badPdfs.passwordProtected],
  ['PDF_DAMAGED', badPdfs.damaged],
  ['PDF_WITHOUT_TEXT', badPdfs.withoutText],
])('%s comes out of the thread as what it is', async (code, make) => {
  await expect(extractInThread(await make())).rejects.toMatchObject({ name: 'PdfProblem', code });
});

test('a PDF that unpacks to more memory than allowed is given up, and the process goes on', async () => {
  const bomb = await badPdfs.bomb();
  const turns = countTurns();
  await expect(extractInThread(bomb, { limits: { memoryMegabytes: 150 } })).rejects.toMatchObject({ code: 'PDF_TOO_HEAVY' });
  expect(turns()).toBeGreaterThan(10);
});

test('a PDF that takes longer than allowed is given up, and the process goes on', async () => {
  const turns = countTurns();
  await expect(extractInThread(badPdfs.maze(), { limits: { timeoutMs: 2_000, memoryMegabytes: 1_000 } })).rejects.toMatchObject({ code: 'PDF_TOO_SLOW' });
  expect(turns()).toBeGreaterThan(100);
});

test('more pages than allowed are too long', async () => {
  await expect(extractInThread(await makeBook(3), { limits: { maximumPages: 2 } })).rejects.toMatchObject({ code: 'PDF_TOO_LONG' });
});

test('aborting ends it in the middle, with the reason that was given', async () => {
  const cancelled = new AbortController();
  const reason = new Error('The user has cancelled.');
  const onPage = vi.fn(() => cancelled.abort(reason));
  await expect(extractInThread(await makeBook(300), { signal: cancelled.signal, onPage })).rejects.toBe(reason);
  expect(onPage.mock.calls.length).toBeLessThan(300);
});

test('what is aborted already is not begun', async () => {
  const onPage = vi.fn();
  await expect(extractInThread(await makeBook(1), { signal: AbortSignal.abort('too late'), onPage })).rejects.toBe('too late');
  expect(onPage).not.toHaveBeenCalled();
});

/** How often this process has got round to something else. */
function countTurns(): () => number {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  return () => {
    clearInterval(timer);
    return turns;
  };
}
