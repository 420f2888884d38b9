import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Uploads } from '../src/database/uploads.js';
import { holdBackNotes } from './support/hold-back-notes.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

let system: System;
let sample: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
  system = await startSystem();
});

afterAll(() => system[Symbol.asyncDispose]());

const WITHIN = { timeout: 60_000, interval: 50 };
const SLOW = { timeout: 120_000 };
const notesOf = async (jobId: string) => (await system.pool.query<{ id: string }>('select id from notes where job_id = $1', [jobId])).rows;

test('health says that the process lives, ready that it can work', async () => {
  const answers = await Promise.all(['/health', '/ready'].map(async (path) => (await fetch(new URL(path, system.url))).json()));
  expect(answers).toEqual([{ status: 'ok' }, { status: 'ready' }]);
});

test('a job that a crash kept from the queue is found and done', SLOW, async () => {
  const ada = await TestUser.signIn(system.url, 'ada');
  using watching = await Watcher.of(ada);
  const upload = { jobId: randomUUID(), fileId: randomUUID(), userId: ada.id, fileName: 'promised.pdf', path: 'steps', attempt: 1 } as const;
  // All that an API process leaves which dies at the worst moment.
  await new Uploads(system.pool).save(upload, sample);
  await system.pool.query("update jobs set promised_at = now() - interval '1 minute' where id = $1", [upload.jobId]);
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId: upload.jobId }]), WITHIN);
  expect(watching.progress[0]).toMatchObject({ metadata: { fileName: 'promised.pdf', path: 'steps' } });
});

test('a worker dies in the middle of a job: another one takes it, and it ends once, with one note', SLOW, async () => {
  const bob = await TestUser.signIn(system.url, 'bob');
  using watching = await Watcher.of(bob);
  const notes = await holdBackNotes(system);
  const jobId = await bob.uploadPdf(sample);
  await vi.waitFor(() => expect(watching.progress.at(-1)).toMatchObject({ stage: 'SAVING', version: [1, 0, expect.any(Number), expect.any(Number)] }), WITHIN);
  await system.killWorker();
  await system.startWorker();
  await vi.waitFor(() => expect(watching.progress.at(-1)).toMatchObject({ stage: 'SAVING', version: [2, 0, expect.any(Number), expect.any(Number)] }), WITHIN);
  await notes.letThrough();
  await vi.waitFor(() => expect(watching.completed).not.toEqual([]), WITHIN);
  const [note] = await notesOf(jobId);
  expect(await notesOf(jobId)).toHaveLength(1);
  expect(watching.completed).toEqual([{ jobId, noteId: note?.id }]);
  expect(watching.failed).toEqual([]);
});

test('a worker that is told to stop finishes the job that it has begun', SLOW, async () => {
  const cleo = await TestUser.signIn(system.url, 'cleo');
  using watching = await Watcher.of(cleo);
  const notes = await holdBackNotes(system);
  const jobId = await cleo.uploadPdf(sample);
  await vi.waitFor(() => expect(watching.progress.at(-1)?.stage).toBe('SAVING'), WITHIN);
  const stopped = system.worker.stop();
  await notes.letThrough();
  await stopped;
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);
  expect(watching.completed[0]?.noteId).toBe((await notesOf(jobId))[0]?.id);
  await system.startWorker();
});

test('PostgreSQL goes away and comes back: the processes stay up, say so in sentences, and go on', SLOW, async () => {
  const dan = await TestUser.signIn(system.url, 'dan');
  using watching = await Watcher.of(dan);
  await system.postgres.stop();

  expect((await fetch(new URL('/health', system.url))).status).toBe(200);
  const answers = await Promise.all([fetch(new URL('/ready', system.url)), dan.upload({ bytes: sample, name: 'paper.pdf' }), dan.fetch('/notes')]);
  for (const answer of answers) {
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: 'UNAVAILABLE', detail: expect.stringMatching(/^[A-Z][^{}<>_\n]{10,200}\.$/) });
  }

  await system.postgres.start();
  await vi.waitFor(async () => expect((await fetch(new URL('/ready', system.url))).status).toBe(200), WITHIN);
  const jobId = await dan.uploadPdf(sample);
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);
});
