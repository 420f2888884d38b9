import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { badPdfs } from '../../tests/pdfs/bad-pdfs.js';
import { makeBook } from '../../tests/pdfs/make-pdf.js';
import { checkUpload } from './check-upload.js';

const text = (content: string) => new TextEncoder().encode(content);
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

describe('nothing is wrong with', () => {
  test('the sample', async () => {
    expect(checkUpload(await readFile(new URL('../../sample/sample.pdf', import.meta.url)))).toBeUndefined();
  });

  test('a PDF behind a few bytes of something else, and before blank space', async () => {
    expect(checkUpload(joined(text('\uFEFF\r\n'), await makeBook(1), new Uint8Array(10_000)))).toBeUndefined();
  });

  test('a PDF that needs a password, which only reading it tells', async () => {
    expect(checkUpload(await badPdfs.passwordProtected())).toBeUndefined();
  });
});

describe('a problem is', () => {
  test('an empty file', () => {
    expect(checkUpload(badPdfs.empty())).toMatchObject({ code: 'FILE_EMPTY', status: 400 });
  });

  test('a text file named .pdf', () => {
    expect(checkUpload(badPdfs.textNamedPdf())).toMatchObject({ code: 'FILE_NOT_PDF', status: 415 });
  });

  test('a PDF cut in half', async () => {
    expect(checkUpload(await badPdfs.cutInHalf())).toMatchObject({ code: 'FILE_TRUNCATED', status: 422 });
  });

  test('a PDF without its last 200 bytes', async () => {
    const whole = await makeBook(3);
    expect(checkUpload(whole.subarray(0, -200))).toMatchObject({ code: 'FILE_TRUNCATED' });
  });

  test('a PDF made for the web of which only the first page has arrived', () => {
    const firstPage = text('%PDF-1.5\n1 0 obj\n<< /Linearized 1 /L 90000 /O 3 >>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n');
    expect(checkUpload(firstPage)).toMatchObject({ code: 'FILE_TRUNCATED' });
  });

  test('a file over the limit, and the sentence says the limit', async () => {
    const book = await makeBook(1);
    const problem = checkUpload(joined(book, new Uint8Array(2 * 1024 * 1024)), { maximumBytes: 1.5 * 1024 * 1024 });
    expect(problem).toMatchObject({ code: 'FILE_TOO_LARGE', status: 413, message: expect.stringContaining('1.5 MB') });
    expect(checkUpload(book, { maximumBytes: book.length })).toBeUndefined();
  });
});
