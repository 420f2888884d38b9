import { defineJob } from '@notes/job-events-protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { JobCancelledError } from '../server-errors.js';
import { JobError } from './job-error.js';
import { createFixture } from '../../tests/emitter-fixture.js';

const job = { jobId: 'j1', userId: 'u1' };
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const asksToCancel = { silentAfterMs: 30_000, timestamp: '2026-11-23T12:00:00.000Z' };

const pdfNotes = defineJob({
  type: 'pdf-notes',
  stages: { DOWNLOADING: 20, GENERATING: 70, SAVING: 10 },
  metadata: z.object({ fileName: z.string() }),
  result: z.object({ noteId: z.string() }),
});

const untilAborted = (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

test('stages with weights make one percentage', async () => {
  const { emitter, broadcaster } = createFixture({ jobs: pdfNotes, throttle: { intervalMs: 0 } });
  await emitter.run(job, async (run) => {
    run.stage('DOWNLOADING');
    run.report(0.5);
    run.stage('GENERATING');
    run.report(0.5);
    run.stage('SAVING', 0.9);
    return { noteId: 'n1' };
  });
  expect(broadcaster.states).toEqual(['INITIALIZING 0', 'DOWNLOADING 0', 'DOWNLOADING 10', 'GENERATING 20', 'GENERATING 55', 'SAVING 99', 'completed']);
  expect(broadcaster.emissions.at(-1)?.snapshot).toMatchObject({ type: 'pdf-notes', progress: 100, stage: 'COMPLETED', result: { noteId: 'n1' } });
});

test('the first report of a run goes out at once, also when it is of the stage that the run began with', async () => {
  const { emitter, broadcaster } = createFixture();
  await emitter.run(job, async (run) => {
    run.stage('INITIALIZING', 0.05);
    run.stage('DOWNLOADING', 0.2);
  });
  expect(broadcaster.states).toEqual(['INITIALIZING 0', 'INITIALIZING 5', 'DOWNLOADING 20', 'completed']);
});

test('a message stays until the next stage, metadata until other metadata', async () => {
  const { emitter, broadcaster } = createFixture({ jobs: pdfNotes, throttle: { intervalMs: 0 } });
  await emitter.run({ ...job, message: 'Starting', metadata: { fileName: 'a.pdf' } }, async (run) => {
    run.message('Page 1');
    run.stage('GENERATING');
    run.metadata(null);
    return { noteId: 'n1' };
  });
  expect(broadcaster.emissions.map(({ snapshot }) => [snapshot.message, snapshot.metadata])).toEqual([
    ['Starting', { fileName: 'a.pdf' }],
    ['Page 1', { fileName: 'a.pdf' }],
    [undefined, { fileName: 'a.pdf' }],
    [undefined, undefined],
    [undefined, undefined],
  ]);
});

test('what does not fit the contract is left out and reported, and the work goes on', async () => {
  const { emitter, flaky, errors } = createFixture({ jobs: pdfNotes });
  const result = await emitter.run(job, async (run) => {
    run.stage('RENDERING' as never);
    run.metadata({ fileName: 1 } as never);
    return { noteId: 7 } as never;
  });
  expect(result).toEqual({ noteId: 7 });
  expect(errors.map(({ message }) => message)).toEqual([
    "Job j1: stage must be one of DOWNLOADING, GENERATING, SAVING for a job of the type pdf-notes, not 'RENDERING'.",
    expect.stringMatching(/^Job j1: metadata\.fileName: /),
    expect.stringMatching(/^Job j1: result\.noteId: /),
  ]);
  expect(await flaky.get('j1')).toMatchObject({ status: 'completed', stage: 'COMPLETED' });
});

test('a function that throws has failed, and its caller gets what it threw', async () => {
  const { emitter, flaky } = createFixture();
  const error = new JobError('FILE_GONE', 'The file is gone. Upload it again.');
  await expect(emitter.run(job, () => Promise.reject(error))).rejects.toBe(error);
  expect((await flaky.get('j1'))?.error).toEqual({ code: 'FILE_GONE', message: 'The file is gone. Upload it again.', retryable: false });
});

test('onThrow decides what a throw means', async () => {
  const { emitter, flaky } = createFixture();
  const error = { code: 'BUSY', message: 'Try again.', retryable: true };
  const fail = () => Promise.reject(new Error('busy'));
  await expect(emitter.run({ ...job, onThrow: () => ({ end: 'retrying', error }) }, fail)).rejects.toThrow('busy');
  expect(await flaky.get('j1')).toMatchObject({ status: 'retrying', error, version: [1, 1, expect.any(Number), 2, expect.any(Number)] });
  await expect(emitter.run({ ...job, onThrow: async () => ({ end: 'none' }) }, fail)).rejects.toThrow('busy');
  expect(await flaky.get('j1')).toMatchObject({ status: 'active', version: [2, 0, expect.any(Number), 1, expect.any(Number)] });
});

test('an onThrow that throws is reported, and the job has failed', async () => {
  const { emitter, flaky, codes } = createFixture();
  const onThrow = () => {
    throw new Error('onThrow is broken');
  };
  await expect(emitter.run({ ...job, onThrow }, () => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
  expect(codes()).toEqual(['HANDLER_FAILED', 'JOB_FAILED']);
  expect(await flaky.get('j1')).toMatchObject({ status: 'failed', error: { code: 'JOB_FAILED' } });
});

test('a run that is asked to cancel is aborted within 5 s, and is cancelled when it throws', async () => {
  const { emitter, flaky, broadcaster } = createFixture();
  const running = emitter.run(job, async (run) => {
    await untilAborted(run.signal);
    run.signal.throwIfAborted();
  });
  const failure = expect(running).rejects.toThrow(JobCancelledError);
  await later(10);
  await flaky.inner.cancel('j1', asksToCancel);
  await later(5_000);
  await failure;
  expect(await flaky.get('j1')).toMatchObject({ status: 'cancelled', stage: 'CANCELLED' });
  expect(broadcaster.states).toEqual(['INITIALIZING 0', 'cancelled']);
});

test('a run that reports hears of the request with its next write, before the next sign of life', async () => {
  const { emitter, flaky } = createFixture();
  const running = emitter.run(job, async (run) => {
    await later(10);
    await flaky.inner.cancel('j1', asksToCancel);
    run.report(0.5);
    await later(200);
    expect(run.signal.reason).toBeInstanceOf(JobCancelledError);
    expect(flaky.calls).not.toHaveProperty('heartbeat');
  });
  await running;
});

test('a run that finishes although it was asked to cancel has completed', async () => {
  const { emitter, flaky } = createFixture();
  const running = emitter.run(job, async (run) => {
    await untilAborted(run.signal);
    return 'done after all';
  });
  await later(10);
  await flaky.inner.cancel('j1', asksToCancel);
  await later(5_000);
  expect(await running).toBe('done after all');
  expect(await flaky.get('j1')).toMatchObject({ status: 'completed', result: 'done after all' });
});

test('a run whose job was cancelled over its head is aborted and leaves the end as it is', async () => {
  const { emitter, flaky, broadcaster } = createFixture();
  const running = emitter.run(job, async (run) => {
    await untilAborted(run.signal);
    expect(run.signal.reason).toBeInstanceOf(JobCancelledError);
    throw new Error('interrupted');
  });
  const failure = expect(running).rejects.toThrow('interrupted');
  await later(10);
  const cancelled = await emitter.emitCancelled(job);
  await later(5_000);
  await failure;
  expect(await flaky.get('j1')).toEqual(cancelled);
  expect(broadcaster.states).toEqual(['INITIALIZING 0', 'cancelled']);
});

test('the request to cancel belongs to the job: a later attempt hears of it as it begins', async () => {
  const { emitter, flaky } = createFixture();
  const onThrow = () => ({ end: 'retrying', error: { code: 'E', message: 'm', retryable: true } }) as const;
  const first = emitter.run({ ...job, onThrow }, async () => {
    await flaky.inner.cancel('j1', asksToCancel);
    throw new Error('failed before it heard of it');
  });
  await expect(first).rejects.toThrow('failed');
  expect(await flaky.get('j1')).toMatchObject({ status: 'retrying', cancelRequested: true });
  await expect(emitter.run(job, async (run) => run.signal.throwIfAborted())).rejects.toThrow(JobCancelledError);
  expect(await flaky.get('j1')).toMatchObject({ status: 'cancelled' });
});

test('signs of life of all runs go to the store in one call every 5 s, and stop with the runs', async () => {
  const { emitter, flaky } = createFixture();
  const runs = ['a', 'b', 'c'].map((jobId) => emitter.run({ jobId, userId: 'u1' }, () => new Promise((resolve) => setTimeout(resolve, 12_000))));
  await later(12_000);
  await Promise.all(runs);
  expect(flaky.calls['heartbeat']).toBe(2);
  await later(20_000);
  expect(flaky.calls['heartbeat']).toBe(2);
});

test('a run repeats its state to a store that has forgotten it', async () => {
  const { emitter, flaky } = createFixture();
  const running = emitter.run(job, async (run) => {
    run.report(0.5);
    await later(200);
    flaky.forget();
    expect(await flaky.get('j1')).toBeUndefined();
    await later(6_000);
    expect(await flaky.get('j1')).toMatchObject({ progress: 50 });
  });
  await running;
  expect(await flaky.get('j1')).toMatchObject({ status: 'completed' });
});

test('steps make one job: one attempt, one percentage that never falls, one end', async () => {
  const { emitter, flaky, broadcaster } = createFixture({ jobs: pdfNotes, throttle: { intervalMs: 0 } });
  const text = await emitter.runStep({ ...job, metadata: { fileName: 'a.pdf' } }, async (run) => {
    run.stage('DOWNLOADING');
    run.report(1);
    return 'the text';
  });
  expect(text).toBe('the text');
  expect(await flaky.get('j1')).toMatchObject({ status: 'queued', stage: 'DOWNLOADING', progress: 20, version: [1, 0, expect.any(Number), expect.any(Number), expect.any(Number)] });
  expect(await flaky.get('j1')).not.toHaveProperty('result');
  await emitter.run(job, async (run) => {
    expect(run.attempt).toBe(1);
    run.stage('GENERATING', 0.5);
    return { noteId: 'n1' };
  });
  expect(broadcaster.states).toEqual(['INITIALIZING 0', 'DOWNLOADING 0', 'DOWNLOADING 20', 'queued', 'DOWNLOADING 20', 'GENERATING 55', 'completed']);
  expect(broadcaster.emissions.map(({ snapshot: { progress } }) => progress)).toEqual([0, 0, 20, 20, 20, 55, 100]);
  expect(await flaky.get('j1')).toMatchObject({ status: 'completed', metadata: { fileName: 'a.pdf' }, version: [1, 2, expect.any(Number), expect.any(Number), expect.any(Number)] });
});

test('a job that is cancelled between two steps is not gone on with', async () => {
  const { emitter, flaky } = createFixture();
  await emitter.runStep(job, async (run) => run.report(0.5));
  expect((await flaky.inner.cancel('j1', asksToCancel)).outcome).toBe('cancelled');
  const work = vi.fn(async () => undefined);
  await expect(emitter.run(job, work)).rejects.toBeInstanceOf(JobCancelledError);
  expect(work).not.toHaveBeenCalled();
});

test('a wish to cancel that reaches a step as it ends is heard by the next one', async () => {
  const { emitter, flaky } = createFixture();
  await emitter.runStep(job, async () => {
    expect((await flaky.inner.cancel('j1', asksToCancel)).outcome).toBe('requested');
  });
  const going = emitter.run(job, async (run) => {
    if (!run.signal.aborted) throw new Error('nobody told');
    throw run.signal.reason;
  });
  await expect(going).rejects.toBeInstanceOf(JobCancelledError);
  expect(await flaky.get('j1')).toMatchObject({ status: 'cancelled' });
});

test('a step that throws has failed the job, and one that nobody finished is followed by another attempt', async () => {
  const { emitter, flaky, broadcaster } = createFixture();
  await expect(emitter.runStep(job, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await flaky.get('j1')).toMatchObject({ status: 'failed' });
  const lost = { ...job, jobId: 'j2' };
  void emitter.runStep(lost, () => new Promise(() => {}));
  await later(0);
  await emitter.runStep(lost, async (run) => expect(run.attempt).toBe(2));
  await emitter.run(lost, async (run) => expect(run.attempt).toBe(2));
  expect(broadcaster.states.filter((state) => state === 'completed')).toHaveLength(1);
});

test('a step ends although the store is away, and hands the job over when it is back', async () => {
  const { emitter, flaky } = createFixture();
  const doing = emitter.runStep(job, async () => {
    flaky.absence = 'refuses';
    return 'text';
  });
  await later(1_000);
  expect(await doing).toBe('text');
  flaky.absence = undefined;
  await later(5_000);
  expect(await flaky.get('j1')).toMatchObject({ status: 'queued' });
});

test.each([
  ['nothing', undefined],
  ['an error whose message is no text', { end: 'retrying', error: { code: 'BUSY', message: 503, retryable: true } }],
  ['another word', { end: 'done' }],
])('an onThrow that answers with %s is reported, and the job has failed', async (_what, answer) => {
  const { emitter, broadcaster, codes, flaky } = createFixture();
  const failing = emitter.run({ ...job, onThrow: () => answer as never }, async () => Promise.reject(new Error('first')));
  await expect(failing).rejects.toThrow('first');
  expect(broadcaster.states).toEqual(['INITIALIZING 0', 'failed']);
  expect(await flaky.get('j1')).toMatchObject({ error: { code: 'JOB_FAILED' } });
  expect(codes()).toEqual(['HANDLER_FAILED', 'JOB_FAILED']);
  await later(20_000);
  expect(flaky.calls['heartbeat']).toBeUndefined();
});
