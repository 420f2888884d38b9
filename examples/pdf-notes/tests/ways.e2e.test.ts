import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { badPdfs } from './pdfs/bad-pdfs.js';
import { makeBook } from './pdfs/make-pdf.js';
import { pauseWorker } from './support/pause-worker.js';
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

const WITHIN = { timeout: 45_000, interval: 20 };
const SLOW = { timeout: 90_000 };
const retry = (user: TestUser, jobId: string) => user.fetch(`/jobs/${jobId}/retry`, { method: 'POST' });
const snapshotOf = async (user: TestUser, jobId: string) => (await (await user.fetch(`/api/jobs/${jobId}`)).json()) as { status: string; progress: number };
const version = (attempt: number, rank: number) => [attempt, rank, expect.any(Number), expect.any(Number), expect.any(Number)];

describe.each(['optimized', 'steps'] as const)('a job on the way %s', (path) => {
  test('shows the five stages, one percentage that never falls, and one end', SLOW, async () => {
    const ada = await TestUser.signIn(system.url, `ada-${path}`);
    using watching = await Watcher.of(ada);
    const jobId = await ada.uploadPdf(sample, 'paper.pdf', path);
    await vi.waitFor(() => expect(watching.completed).toEqual([{ jobId, noteId: expect.any(String) }]), WITHIN);
    const stages = watching.progress.filter(({ status }) => status === 'active').map(({ stage }) => stage);
    expect(stages.filter((stage, index) => stage !== stages[index - 1])).toEqual(['INITIALIZING', 'DOWNLOADING', 'EXTRACTING_TEXT', 'GENERATING_NOTES', 'SAVING']);
    const percentages = watching.progress.map(({ progress }) => progress);
    expect(percentages).toEqual(percentages.toSorted((a, b) => a - b));
    expect(watching.progress.every((job) => job.version[0] === 1 && job.metadata?.['path'] === path)).toBe(true);
    const left = 'select job_id from extracted_texts union all select id from files';
    expect((await system.pool.query(left)).rows).toEqual([]);
  });

  test('that was cancelled while it waited is tried again when its user wants it, twice being once', SLOW, async () => {
    const bob = await TestUser.signIn(system.url, `bob-${path}`);
    using watching = await Watcher.of(bob);
    using worker = pauseWorker(system);
    const jobId = await bob.uploadPdf(sample, 'unwanted.pdf', path);
    expect((await retry(bob, jobId)).status).toBe(409);
    await bob.fetch(`/api/jobs/${jobId}/cancel`, { method: 'POST' });
    expect(await snapshotOf(bob, jobId)).toMatchObject({ status: 'cancelled' });

    const answers = await Promise.all([retry(bob, jobId), retry(bob, jobId)]);
    // The second one may find it queued already.
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, expect.toBeOneOf([202, 409])]);
    const accepted = answers.find(({ status }) => status === 202);
    expect(accepted?.headers.get('location')).toBe(`/api/jobs/${jobId}`);
    expect(await accepted?.json()).toMatchObject({ jobId, status: 'queued', progress: 0, version: version(2, 0), metadata: { fileName: 'unwanted.pdf', path }, fileId: expect.any(String) });
    worker.goOn();
    await vi.waitFor(() => expect(watching.completed).toHaveLength(1), WITHIN);
    expect(await snapshotOf(bob, jobId)).toMatchObject({ status: 'completed', version: version(2, 2) });
    expect(await retry(bob, jobId).then((answer) => answer.json())).toMatchObject({ status: 409, code: 'JOB_NOT_RETRYABLE' });
  });

  test('that is cancelled in the middle ends as cancelled within seconds, and is done when it is tried again', SLOW, async () => {
    const cleo = await TestUser.signIn(system.url, `cleo-${path}`);
    using watching = await Watcher.of(cleo);
    const jobId = await cleo.uploadPdf(new Uint8Array(await makeBook(1_000)), 'long.pdf', path);
    await vi.waitFor(() => expect(watching.progress.at(-1)).toMatchObject({ stage: 'EXTRACTING_TEXT', message: expect.stringContaining('page') }), WITHIN);
    await cleo.fetch(`/api/jobs/${jobId}/cancel`, { method: 'POST' });
    await vi.waitFor(() => expect(watching.cancelled).toEqual([jobId]), WITHIN);
    expect(await snapshotOf(cleo, jobId)).toMatchObject({ status: 'cancelled', stage: 'CANCELLED' });
    expect((await retry(cleo, jobId)).status).toBe(202);
    await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);
    expect([watching.cancelled, watching.failed]).toEqual([[jobId], []]);
  });
});

test('a job of which a step was done is cancelled before the next one, and tried again from its beginning', SLOW, async () => {
  const dan = await TestUser.signIn(system.url, 'dan');
  using watching = await Watcher.of(dan);
  await system.worker.stop();
  await system.startWorker({ WORKER_QUEUES: 'pdf-extract' });
  const jobId = await dan.uploadPdf(sample, 'paper.pdf', 'steps');
  await vi.waitFor(async () => expect(await snapshotOf(dan, jobId)).toMatchObject({ status: 'queued', stage: 'EXTRACTING_TEXT', progress: 70 }), WITHIN);
  expect((await system.pool.query('select job_id from extracted_texts')).rows).toEqual([{ job_id: jobId }]);
  await dan.fetch(`/api/jobs/${jobId}/cancel`, { method: 'POST' });
  await vi.waitFor(() => expect(watching.cancelled).toEqual([jobId]), WITHIN);
  await vi.waitFor(async () => expect((await system.pool.query('select job_id from extracted_texts')).rows).toEqual([]), WITHIN);

  await system.worker.stop();
  await system.startWorker();
  expect((await retry(dan, jobId)).status).toBe(202);
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);
  expect(watching.cancelled).toEqual([jobId]);
  expect((await system.pool.query('select id from notes where job_id = $1', [jobId])).rowCount).toBe(1);
});

test('who may have what tried again is said as for everything else', SLOW, async () => {
  const [fay, eve] = await Promise.all([TestUser.signIn(system.url, 'fay'), TestUser.signIn(system.url, 'eve')]);
  using watching = await Watcher.of(fay);
  const jobId = await fay.uploadPdf(new Uint8Array(await badPdfs.withoutText()), 'scan.pdf');
  await vi.waitFor(() => expect(watching.failed).toMatchObject([{ jobId, code: 'PDF_WITHOUT_TEXT' }]), WITHIN);
  const refusals = await Promise.all([retry(eve, jobId), retry(eve, 'no-such-job')]);
  expect(refusals.map(({ status }) => status)).toEqual([404, 404]);
  const [hidden, absent] = await Promise.all(refusals.map((refusal) => refusal.text()));
  expect(hidden).toBe(absent);
  expect((await fetch(new URL(`/jobs/${jobId}/retry`, system.url), { method: 'POST' })).status).toBe(401);

  expect((await retry(fay, jobId)).status).toBe(202);
  await vi.waitFor(() => expect(watching.failed).toHaveLength(2), WITHIN);
  expect(await snapshotOf(fay, jobId)).toMatchObject({ status: 'failed', version: version(2, 2) });
  await vi.waitFor(async () => expect((await system.pool.query('select 1 from jobs where id = $1 and ended_at is not null', [jobId])).rowCount).toBe(1), WITHIN);
  await system.pool.query("update jobs set ended_at = now() - interval '25 hours' where id = $1", [jobId]);
  await vi.waitFor(async () => expect((await system.pool.query('select id from files')).rows).toEqual([]), WITHIN);
  expect(await retry(fay, jobId).then((answer) => answer.json())).toMatchObject({ status: 410, code: 'FILE_GONE', detail: expect.any(String) });
});

test('a path that there is not is refused, and leaves nothing', async () => {
  const gus = await TestUser.signIn(system.url, 'gus');
  await expect(gus.uploadPdf(sample, 'paper.pdf', 'scenic' as never)).rejects.toThrow('answered 400');
  expect(await (await gus.fetch('/api/jobs')).json()).toMatchObject({ jobs: [] });
});
