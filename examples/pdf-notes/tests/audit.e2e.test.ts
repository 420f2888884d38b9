import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Worker } from 'bullmq';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Uploads } from '../src/database/uploads.js';
import { NotesQueue } from '../src/queue/notes-queue.js';
import { type OpenWorker, workerBackend } from '../src/queue/queue-backend.js';
import { QUEUES } from '../src/queue/queue-names.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

// What a crash leaves, at each of the moments at which one hurts, and what becomes of it. The API and its audit are real
// processes; there is a worker only where it is wanted.
let system: System;
let queue: NotesQueue;
let uploads: Uploads;
let sample: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
  system = await startSystem({}, { apis: 1, workers: 1 });
  await system.worker.stop();
  queue = new NotesQueue(location(), pino({ level: 'silent' }));
  uploads = new Uploads(system.pool);
});

afterAll(async () => {
  await queue.close();
  await system[Symbol.asyncDispose]();
});

const WITHIN = { timeout: 60_000, interval: 50 };
const SLOW = { timeout: 120_000 };
const location = () => ({ databaseUrl: system.databaseUrl, redisUrl: undefined });
const snapshotOf = async (user: TestUser, jobId: string) => (await (await user.fetch(`/api/jobs/${jobId}`)).json()) as { status: string };
const isEnqueued = (jobId: string) => vi.waitFor(async () => expect((await system.pool.query('select 1 from jobs where id = $1 and enqueued_at is not null', [jobId])).rowCount).toBe(1), WITHIN);

/** So that nobody is taken to be keeping it still. */
const promiseWasLongAgo = () => system.pool.query("update jobs set promised_at = now() - interval '1 minute'");

/** A worker that tells nobody what it does. */
function takeOne(name: string): OpenWorker {
  const { connection, workerClass } = workerBackend(location());
  const silent = new (workerClass as unknown as typeof Worker)(name, null, { connection: connection as never });
  silent.on('error', () => {});
  return silent as unknown as OpenWorker;
}

async function takeAndEnd(name: string, end: 'completed' | 'failed', jobId: string): Promise<void> {
  const worker = takeOne(name);
  try {
    const job = await worker.getNextJob('silent');
    expect(job?.data.jobId).toBe(jobId);
    if (end === 'completed') await job?.moveToCompleted({ noteId: randomUUID() }, 'silent', false);
    else await job?.moveToFailed(Object.assign(new Error('job stalled more than allowable limit'), { name: 'UnrecoverableError' }), 'silent', false);
  } finally {
    await worker.close();
  }
}

test('jobs that the queue has lost, on either way, are given to it again, and done', SLOW, async () => {
  const ada = await TestUser.signIn(system.url, 'ada');
  using watching = await Watcher.of(ada);
  const jobIds: string[] = [];
  for (const path of ['optimized', 'steps'] as const) {
    const jobId = await ada.uploadPdf(sample, 'lost.pdf', path);
    await isEnqueued(jobId);
    for (const each of queue.all) await each.remove(`${jobId}-1`);
    jobIds.push(jobId);
  }
  await promiseWasLongAgo();
  await system.startWorker();
  await vi.waitFor(() => expect(watching.completed.map(({ jobId }) => jobId).toSorted()).toEqual(jobIds.toSorted()), WITHIN);
  await system.worker.stop();
});

test('an end that the queue has and nobody was told is told, once', SLOW, async () => {
  const bob = await TestUser.signIn(system.url, 'bob');
  using watching = await Watcher.of(bob);
  const failed = await bob.uploadPdf(sample, 'failed.pdf');
  await takeAndEnd(QUEUES.optimized, 'failed', failed);
  const completed = await bob.uploadPdf(sample, 'completed.pdf');
  await takeAndEnd(QUEUES.optimized, 'completed', completed);
  await vi.waitFor(() => expect([watching.failed.length, watching.completed.length]).toEqual([1, 1]), WITHIN);
  expect(watching.failed).toEqual([{ jobId: failed, code: 'STALLED', message: 'The workers that did the job were lost too often.' }]);
  expect(watching.completed).toMatchObject([{ jobId: completed }]);
  await vi.waitFor(async () => expect((await system.pool.query('select id, ended_at is not null as ended from jobs')).rows).toEqual([{ id: failed, ended: true }]), WITHIN);
});

test('another try that was promised, and that a crash kept from the queue, is shown and done', SLOW, async () => {
  const cleo = await TestUser.signIn(system.url, 'cleo');
  using watching = await Watcher.of(cleo);
  const jobId = await cleo.uploadPdf(sample, 'again.pdf', 'steps');
  await cleo.fetch(`/api/jobs/${jobId}/cancel`, { method: 'POST' });
  expect(await snapshotOf(cleo, jobId)).toMatchObject({ status: 'cancelled' });
  // All that an API process leaves which dies right after it has promised.
  await uploads.promiseAgain(jobId, 2);
  await promiseWasLongAgo();
  await vi.waitFor(async () => expect(await snapshotOf(cleo, jobId)).toMatchObject({ status: 'queued', version: [2, 0, expect.any(Number), 1, expect.any(Number)] }), WITHIN);
  await system.startWorker();
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);
  expect([watching.cancelled, watching.failed]).toEqual([[jobId], []]);
});
