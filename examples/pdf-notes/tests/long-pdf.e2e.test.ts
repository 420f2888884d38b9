import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
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

/** How many times as long everything takes as on a machine of one's own. */
const crowding = (): number => Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());

test.each([
  { pages: 100, name: 'R-intro', path: 'optimized' },
  { pages: 100, name: 'R-intro', path: 'steps' },
  { pages: 2_000, name: 'refman', path: 'steps' },
] as const)('a PDF of more than $pages pages is done on the way $path, moves at least every 2 s on a machine of its own, and its worker stays below 1 GiB', { timeout: 240_000 }, async ({ pages, name, path }) => {
  const job = await followLongPdf(system, await manual(name, pages), path);
  expect(job).toMatchObject({ status: 'completed' });
  expect(job.longestPauseSeconds).toBeLessThan(2 * crowding());
  expect(job.workerPeakMegabytes).toBeLessThan(1_024);
});
