import { randomUUID } from 'node:crypto';
import { type LocalPostgres, startLocalPostgres } from '@notes/local-postgres';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Upload } from '../src/database/uploads.js';
import { NotesQueue } from '../src/queue/notes-queue.js';
import { openNotesWorker } from '../src/queue/open-notes-worker.js';
import { FinalProblem } from '../src/worker/job-problem.js';

const logger = pino({ level: 'silent' });
const newUpload = (): Upload => ({ jobId: randomUUID(), fileId: randomUUID(), userId: 'ada', fileName: 'paper.pdf' });

let postgres: LocalPostgres;
let queue: NotesQueue;
const location = () => ({ databaseUrl: postgres.connectionString, redisUrl: undefined });

beforeAll(async () => {
  postgres = await startLocalPostgres();
  queue = new NotesQueue(location(), logger);
});

afterAll(async () => {
  await queue.close();
  await postgres.stop();
});

test('a job that is added again is worked on once', async () => {
  const [upload, next] = [newUpload(), newUpload()];
  await queue.add(upload);
  await queue.add(upload);
  const worked: Upload[] = [];
  const worker = openNotesWorker({ ...location(), concurrency: 1, logger }, async ({ data }) => {
    worked.push(data);
    return { noteId: 'n' };
  });
  try {
    await vi.waitFor(() => expect(worked).toEqual([upload]), 10_000);
    await queue.add(upload);
    await queue.add(next);
    await vi.waitFor(() => expect(worked).toEqual([upload, next]), 10_000);
  } finally {
    await worker.close();
  }
});

test('a problem of the PDF itself is final: the job is not tried again', async () => {
  const upload = newUpload();
  const tries: string[] = [];
  const worker = openNotesWorker({ ...location(), concurrency: 1, logger }, async ({ data }) => {
    tries.push(data.jobId);
    throw new FinalProblem('PDF_DAMAGED', 'This PDF is damaged.');
  });
  try {
    const ended = new Promise<number | undefined>((resolve) => {
      worker.on('failed', (job) => resolve(job?.finishedOn));
    });
    await queue.add(upload);
    expect(await ended).toBeTypeOf('number');
    expect(tries).toEqual([upload.jobId]);
  } finally {
    await worker.close();
  }
});
