import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { PDF_PROBLEMS } from '../src/pdf/pdf-problem.js';
import { badPdfs } from './pdfs/bad-pdfs.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

let system: System;
let worker: number;

beforeAll(async () => {
  system = await startSystem({ FILE_KEEP_HOURS: '0', PDF_TIME_LIMIT_S: '12', PDF_MEMORY_LIMIT_MB: '250' });
  worker = system.worker.pid;
});

afterAll(() => system[Symbol.asyncDispose]());

test.each([
  { what: 'a PDF with a password', pdf: badPdfs.passwordProtected, code: 'PDF_ENCRYPTED' },
  { what: 'a PDF of scanned pages', pdf: badPdfs.withoutText, code: 'PDF_WITHOUT_TEXT' },
  { what: 'a PDF that unpacks to more memory than allowed', pdf: badPdfs.bomb, code: 'PDF_TOO_HEAVY' },
  { what: 'a PDF that takes longer to read than allowed', pdf: badPdfs.maze, code: 'PDF_TOO_SLOW' },
  { what: 'a PDF that is damaged inside', pdf: badPdfs.damaged, code: 'PDF_DAMAGED' },
] as const)('$what ends its job with a code and a sentence, and is not tried again', { timeout: 60_000 }, async ({ pdf, code }) => {
  const ada = await TestUser.signIn(system.url, code.toLowerCase());
  using watching = await Watcher.of(ada);
  const jobId = await ada.uploadPdf(new Uint8Array(await pdf()));
  await vi.waitFor(() => expect(watching.failed).not.toEqual([]), { timeout: 30_000 });
  expect(watching.failed).toEqual([{ jobId, code, message: PDF_PROBLEMS[code] }]);
  expect(watching.retrying).toEqual([]);

  expect(await (await ada.fetch(`/api/jobs/${jobId}`)).json()).toMatchObject({ status: 'failed', error: { code, retryable: false }, version: [1, 2, expect.any(Number), expect.any(Number), expect.any(Number)] });
  expect(await (await ada.fetch('/notes')).json()).toEqual({ notes: [] });
});

test('after all of them nothing is left, and the same worker goes on', { timeout: 60_000 }, async () => {
  const ada = await TestUser.signIn(system.url, 'ada');
  using watching = await Watcher.of(ada);
  await vi.waitFor(async () => expect((await system.pool.query('select id from files union all select id from jobs')).rows).toEqual([]), { timeout: 30_000 });
  process.kill(worker, 0);
  const jobId = await ada.uploadPdf(new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url))));
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), { timeout: 30_000 });
});
