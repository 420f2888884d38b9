import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Uploads } from '../src/database/uploads.js';
import { badPdfs } from './pdfs/bad-pdfs.js';
import { holdBackNotes } from './support/hold-back-notes.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

let system: System;
let sample: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
  system = await startSystem({ LOG_LEVEL: 'info', ADMIN_USERS: 'Root, other' });
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

test('every line of the logs is JSON, and what is said about a job carries its id', SLOW, async () => {
  const eve = await TestUser.signIn(system.url, 'eve');
  using watching = await Watcher.of(eve);
  const from = system.log.length;
  const done = [await eve.uploadPdf(sample), await eve.uploadPdf(sample, 'paper.pdf', 'steps')];
  const refused = await eve.uploadPdf(new Uint8Array(await badPdfs.withoutText()));
  await vi.waitFor(() => expect([watching.completed.length, watching.failed.length]).toEqual([2, 1]), WITHIN);
  expect((await eve.fetch(`/jobs/${refused}/retry`, { method: 'POST' })).status).toBe(202);
  await vi.waitFor(() => expect(watching.failed).toHaveLength(2), WITHIN);

  const said = (jobId: string) => system.log.slice(from).map((line) => JSON.parse(line) as { jobId?: string; queue?: string; msg: string }).filter((line) => line.jobId === jobId).map(({ msg, queue }) => `${queue ?? 'api'}: ${msg}`);
  await vi.waitFor(() => expect(said(done[1] ?? '')).toHaveLength(5), WITHIN);
  expect(said(done[0] ?? '')).toEqual(['api: A PDF was accepted', 'pdf-notes: Begun', 'pdf-notes: Done']);
  // The second step may begin before the first one's worker has heard that it is done.
  const steps = said(done[1] ?? '');
  expect([steps[0], steps[1], steps[4]]).toEqual(['api: A PDF was accepted', 'pdf-extract: Begun', 'ai-notes: Done']);
  expect(steps.slice(2, 4).toSorted()).toEqual(['ai-notes: Begun', 'pdf-extract: Done']);
  await vi.waitFor(() => expect(said(refused)).toEqual(['api: A PDF was accepted', 'pdf-notes: Begun', 'pdf-notes: Failed', 'api: A job is tried again, because its user wants it', 'pdf-notes: Begun', 'pdf-notes: Failed']), WITHIN);
  const mentions = system.log.slice(from).filter((line) => [...done, refused].some((jobId) => line.includes(jobId)));
  for (const line of mentions) expect(JSON.parse(line)).toMatchObject({ jobId: expect.any(String) });
});

test.each(['%00', 'x'])('a job of the id %s is not known, and no reason for an error', async (id) => {
  const gus = await TestUser.signIn(system.url, 'gus');
  const from = system.log.length;
  expect((await gus.fetch(`/jobs/${id}/retry`, { method: 'POST' })).status).toBe(404);
  expect(system.log.slice(from)).toEqual([]);
});

test('the queues are shown to administrators, and to nobody else', SLOW, async () => {
  const [root, fay] = await Promise.all([TestUser.signIn(system.url, 'root'), TestUser.signIn(system.url, 'fay')]);
  const session = async (user: TestUser) => ((await (await user.fetch('/session')).json()) as { user: unknown }).user;
  expect([await session(root), await session(fay)]).toEqual([expect.objectContaining({ isAdmin: true }), expect.objectContaining({ isAdmin: false })]);

  const jobId = await fay.uploadPdf(sample);
  await vi.waitFor(async () => expect(await (await fay.fetch(`/api/jobs/${jobId}`)).json()).toMatchObject({ status: 'completed' }), WITHIN);
  const board = await root.fetch('/admin', { headers: { accept: 'text/html' } });
  expect([board.status, await board.text()]).toEqual([200, expect.stringContaining('pdf-notes')]);
  const { queues } = (await (await root.fetch('/admin/api/queues?activeQueue=pdf-notes&status=completed&page=1&jobsPerPage=50')).json()) as { queues: { name: string; counts: Record<string, number>; jobs: { id: string }[] }[] };
  expect(queues.map(({ name }) => name)).toEqual(['pdf-notes', 'pdf-extract', 'ai-notes']);
  expect(queues[0]?.jobs.map(({ id }) => id)).toContain(`${jobId}-1`);

  for (const path of ['/admin', '/admin/', '/admin/api/queues', '/admin/static/x.js', '/ADMIN/api/queues', '/admin//api/queues']) {
    expect((await fay.fetch(path)).status, path).toBe(403);
    expect((await fetch(new URL(path, system.url))).status, path).toBe(401);
  }
  const inBrowser = await fetch(new URL('/admin', system.url), { headers: { accept: 'text/html' }, redirect: 'manual' });
  expect([inBrowser.status, inBrowser.headers.get('location')]).toEqual([303, '/']);
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

  const refused = system.log.filter((line) => line.includes('A request was refused')).map((line) => JSON.parse(line) as { method: string; path: string });
  expect(refused.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(['GET /notes', 'POST /upload']);

  await system.postgres.start();
  await vi.waitFor(async () => expect((await fetch(new URL('/ready', system.url))).status).toBe(200), WITHIN);
  const jobId = await dan.uploadPdf(sample);
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);
});
