import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { badPdfs } from './pdfs/bad-pdfs.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';

let system: System;
let ada: TestUser;
let sample: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
  system = await startSystem({ UPLOAD_LIMIT_MB: '1' });
  ada = await TestUser.signIn(system.url, 'ada');
});

afterAll(() => system[Symbol.asyncDispose]());

const text = (words: string) => new Uint8Array(Buffer.from(words));
const pdf = (bytes = sample) => ({ bytes, name: 'paper.pdf' });

/** One sentence or two, as a person would say it: no code, no path, no English of machines. */
const SENTENCE = /^[A-Z][^{}<>_\n]{10,200}\.$/;

afterEach(async () => {
  const left = async (query: string) => Number((await system.pool.query<{ count: string }>(query)).rows[0]?.count);
  expect(await left('select count(*) from files'), 'files in the database').toBe(0);
  expect(await left('select count(*) from jobs'), 'jobs in the database').toBe(0);
  expect(await left('select count(*) from bullmq.job'), 'jobs in the queue').toBe(0);
  expect(await (await ada.fetch('/api/jobs')).json(), 'jobs that the user sees').toMatchObject({ jobs: [] });
  expect(await readdir(system.temporaryFolder), 'files on the disk').toEqual([]);
});

test.each([
  { what: 'no file', files: () => [], status: 400, code: 'FILE_MISSING' },
  { what: 'a file in another field', files: () => [{ ...pdf(), field: 'document' }], status: 400, code: 'FILE_MISSING' },
  { what: 'two files', files: () => [pdf(), pdf()], status: 400, code: 'FILE_TOO_MANY' },
  { what: 'an empty file', files: () => [pdf(badPdfs.empty())], status: 400, code: 'FILE_EMPTY' },
  { what: 'a text file named .pdf', files: () => [pdf(badPdfs.textNamedPdf())], status: 415, code: 'FILE_NOT_PDF' },
  { what: 'a PDF cut in half', files: async () => [pdf(new Uint8Array(await badPdfs.cutInHalf()))], status: 422, code: 'FILE_TRUNCATED' },
  { what: 'a PDF over the limit', files: () => [pdf(new Uint8Array([...sample, ...randomBytes(1024 * 1024)]))], status: 413, code: 'FILE_TOO_LARGE' },
])('$what is refused with a sentence and leaves nothing', async ({ files, status, code }) => {
  const response = await ada.upload(...(await files()));
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(await response.json()).toMatchObject({ status, code, title: expect.any(String), detail: expect.stringMatching(SENTENCE) });
});

test.each([
  { what: 'a body that is no form', init: { body: 'x', headers: { 'content-type': 'multipart/form-data; boundary=none' } } },
  { what: 'a body that says it is JSON', init: { body: '{', headers: { 'content-type': 'application/json' } } },
  { what: 'no body', init: {} },
])('$what is refused with a sentence and leaves nothing', async ({ init }) => {
  const response = await ada.fetch('/upload', { method: 'POST', ...init });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ status: 400, detail: expect.stringMatching(SENTENCE) });
});

test('an upload that breaks off leaves nothing', async () => {
  const breakingOff = new ReadableStream({
    start(controller) {
      controller.enqueue(text('--b\r\ncontent-disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7 '));
    },
    pull: (controller) => controller.error(new Error('the cable was pulled')),
  });
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  await expect(ada.fetch('/upload', { method: 'POST', body: breakingOff, headers, duplex: 'half' } as RequestInit)).rejects.toThrow();
});

test('an upload of somebody who is not signed in is refused before it is read', async () => {
  const form = new FormData();
  form.set('file', new File([sample], 'paper.pdf'));
  const response = await fetch(new URL('/upload', system.url), { method: 'POST', body: form });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: 'UNAUTHENTICATED', detail: expect.stringMatching(SENTENCE) });
});
