// Prints how a long PDF fares, on both ways, each with a worker of its own:
// pnpm --filter pdf-notes measure-long-pdf /usr/share/R/doc/manual/refman.pdf
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { basename } from 'node:path';
import { openPdf } from '../src/pdf/open-pdf.js';
import { followLongPdf } from './support/follow-long-pdf.js';
import { startSystem } from './support/start-system.js';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name a PDF.');
const bytes = new Uint8Array(await readFile(file));
await using pdf = await openPdf(bytes.slice());

console.log(`${basename(file)}: ${pdf.numPages} pages, ${(bytes.length / 1024 ** 2).toFixed(1)} MB; ${availableParallelism()} × ${cpus()[0]?.model}, Node ${process.version}`);
await using system = await startSystem({ LOG_LEVEL: 'silent' });
for (const path of ['optimized', 'steps'] as const) {
  await system.worker.stop();
  await system.startWorker();
  const { status, seconds, longestPauseSeconds, workerPeakMegabytes } = await followLongPdf(system, bytes, path);
  console.log(`${path.padEnd(9)} ${status} in ${seconds.toFixed(1)} s, longest pause ${longestPauseSeconds.toFixed(2)} s, worker at most ${workerPeakMegabytes} MB`);
}
