import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobPath } from '../../src/pdf-notes-job.js';
import type { System } from './start-system.js';
import { TestUser } from './test-user.js';
import { Watcher } from './watcher.js';

/** What a job was like for whoever waited for it, and for the machine. */
export interface LongJob {
  readonly status: 'completed' | 'failed';
  readonly seconds: number;
  /** The longest time in which nobody saw the percentage move, from the upload's answer to the end. */
  readonly longestPauseSeconds: number;
  /** The most memory that the worker's process has had at once. */
  readonly workerPeakMegabytes: number;
}

/** Uploads a PDF and follows its job to the end. */
export async function followLongPdf(system: System, bytes: Uint8Array<ArrayBuffer>, path: JobPath): Promise<LongJob> {
  const user = await TestUser.signIn(system.url, randomUUID());
  using watching = await Watcher.of(user);
  const jobId = await user.uploadPdf(bytes, 'long.pdf', path);
  const begun = performance.now();
  let moved = begun;
  let longestPause = 0;
  let last = '';
  const noteMove = (): void => {
    longestPause = Math.max(longestPause, performance.now() - moved);
    moved = performance.now();
  };
  watching.client.on({
    onJobProgress: ({ jobId: ofJob, stage, progress }) => {
      const shown = `${stage} ${progress}`;
      if (ofJob !== jobId || shown === last) return;
      last = shown;
      noteMove();
    },
  });
  while (watching.completed.length + watching.failed.length === 0) await sleep(20);
  noteMove();
  return {
    status: watching.completed.length > 0 ? 'completed' : 'failed',
    seconds: (performance.now() - begun) / 1000,
    longestPauseSeconds: longestPause / 1000,
    workerPeakMegabytes: peakMegabytesOf(system.worker.pid),
  };
}

/** As Linux counts it. */
function peakMegabytesOf(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}
