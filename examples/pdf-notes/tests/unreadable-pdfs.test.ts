import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PDF_PROBLEMS } from '../src/pdf/pdf-problem.js';
import { badPdfs } from './pdfs/bad-pdfs.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

let system: System;

beforeAll(async () => {
  system = await startSystem({ FILE_KEEP_HOURS: '0' });
});

afterAll(() => system[Symbol.asyncDispose]());

test.each([
  { what: 'a PDF with a password', pdf: badPdfs.passwordProtected, code: 'PDF_ENCRYPTED' },
  { what: 'a PDF of scanned pages', pdf: badPdfs.withoutText, code: 'PDF_WITHOUT_TEXT' },
  { what: 'a PDF that is damaged inside', pdf: badPdfs.damaged, code: 'PDF_DAMAGED' },
] as const)('$what ends its job with a code and a sentence, is not tried again, and is forgotten', { timeout: 60_000 }, async ({ pdf, code }) => {
  const ada = await TestUser.signIn(system.url, code.toLowerCase());
  using watching = await Watcher.of(ada);
  const jobId = await ada.uploadPdf(new Uint8Array(await pdf()));
  await vi.waitFor(() => expect(watching.failed).not.toEqual([]), { timeout: 30_000 });
  expect(watching.failed).toEqual([{ jobId, code, message: PDF_PROBLEMS[code] }]);
  expect(watching.retrying).toEqual([]);

  expect(await (await ada.fetch(`/api/jobs/${jobId}`)).json()).toMatchObject({ status: 'failed', error: { code, retryable: false }, version: [1, 2, expect.any(Number), expect.any(Number)] });
  await vi.waitFor(async () => expect((await system.pool.query('select id from files union all select id from jobs')).rows).toEqual([]), { timeout: 30_000 });
  expect(await (await ada.fetch('/notes')).json()).toEqual({ notes: [] });
});
