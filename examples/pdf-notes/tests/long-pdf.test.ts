import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeBook } from './pdfs/make-pdf.js';
import { followLongPdf } from './support/follow-long-pdf.js';
import { startSystem, type System } from './support/start-system.js';

// The manuals of R as Debian's r-doc-pdf brings them; where they are not, a book of as many pages.
const MANUALS = '/usr/share/R/doc/manual/';
const manual = async (name: string, pages: number) => {
  const file = `${MANUALS}${name}.pdf`;
  return new Uint8Array(existsSync(file) ? await readFile(file) : await makeBook(pages));
};

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system[Symbol.asyncDispose]());

test.each([
  { pages: 100, name: 'R-intro', path: 'optimized', pause: 2 },
  { pages: 100, name: 'R-intro', path: 'steps', pause: 2 },
  // Alone on the machine it moves every 1.3 s (see the README); other tests run beside this one.
  { pages: 2_000, name: 'refman', path: 'steps', pause: 4 },
] as const)('a PDF of more than $pages pages is done on the way $path, moves at least every $pause s, and its worker stays below 1 GiB', { timeout: 240_000 }, async ({ pages, name, path, pause }) => {
  const job = await followLongPdf(system, await manual(name, pages), path);
  expect(job).toMatchObject({ status: 'completed' });
  expect(job.longestPauseSeconds).toBeLessThan(pause);
  expect(job.workerPeakMegabytes).toBeLessThan(1_024);
});
