import { afterEach, expect, test, vi } from 'vitest';
import { createFixture } from '../../tests/emitter-fixture.js';
import { RecordingBroadcaster } from '../testing/recording-broadcaster.js';
import { JobEventEmitterService } from './job-event-emitter-service.js';

const job = { jobId: 'j1', userId: 'u1' };

afterEach(() => void vi.useRealTimers());

test('a cancelled job is opened again also where more is said before the store has answered', async () => {
  const { emitter, flaky } = createFixture();
  await emitter.emitCancelled(job);
  void emitter.emitProgress({ ...job, stage: 'AGAIN', progress: 0, rerun: true });
  const standing = await emitter.emitProgress({ ...job, stage: 'AGAIN', progress: 10 });
  expect([standing.status, standing.version[0], standing.progress]).toEqual(['active', 2, 10]);
  await emitter.flush();
  expect(await flaky.get('j1')).toMatchObject({ status: 'active', stage: 'AGAIN', progress: 10 });
});

test('progress without rerun leaves a cancelled job as it is', async () => {
  const { emitter } = createFixture();
  await emitter.emitCancelled(job);
  void emitter.emitProgress({ ...job, stage: 'AGAIN', progress: 0 });
  expect(await emitter.emitProgress({ ...job, stage: 'AGAIN', progress: 10 })).toMatchObject({ status: 'cancelled' });
});

test('progress before an end that could not be stored reaches the store all the same', async () => {
  vi.useFakeTimers();
  const { emitter, flaky } = createFixture({ throttle: { intervalMs: 0 } });
  await emitter.emitProgress({ ...job, stage: 'A', progress: 10 });
  await emitter.emitProgress({ ...job, stage: 'A', progress: 60 });
  flaky.absence = 'refuses';
  const ended = expect(emitter.emitCompleted({ ...job, result: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await vi.advanceTimersByTimeAsync(31_000);
  await ended;
  flaky.absence = undefined;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await flaky.get('j1')).toMatchObject({ status: 'active', progress: 60 });
});

test.each([
  ['an error', { thrown: new Error('boom') }, 'JOB_FAILED'],
  ['a result that does not fit', { result: 'x'.repeat(40_000), unfitResult: 'leave-out' as const }, 'INVALID_PAYLOAD'],
])('onError hears of %s where the end is stored, not where it is refused', async (_what, end, code) => {
  const { emitter, flaky, codes } = createFixture();
  const failOrComplete = (jobId: string) => ('thrown' in end ? emitter.emitFailed({ ...job, jobId, ...end }) : emitter.emitCompleted({ ...job, jobId, ...end }));
  for (const jobId of ['j1', 'j2']) await emitter.emitProgress({ ...job, jobId, stage: 'A', progress: 10 });
  const other = new JobEventEmitterService({ broadcaster: new RecordingBroadcaster(), store: flaky.store });
  await other.emitCancelled(job);
  expect(await failOrComplete('j1')).toMatchObject({ status: 'cancelled' });
  expect(codes()).toEqual([]);
  await failOrComplete('j2');
  expect(codes()).toEqual([code]);
  await other.close();
});

test('onError hears of an error once whose end is given up, because the store is away', async () => {
  vi.useFakeTimers();
  const { emitter, flaky, codes } = createFixture();
  flaky.absence = 'refuses';
  const failing = expect(emitter.emitFailed({ ...job, thrown: new Error('boom') })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await vi.advanceTimersByTimeAsync(31_000);
  await failing;
  expect(codes().filter((code) => code === 'JOB_FAILED')).toHaveLength(1);
});

test('a stalled attempt that two processes report is told once, and another reason for it replaces the guess', async () => {
  const first = createFixture();
  const retrying = { ...job, attempt: 1, error: { code: 'STALLED', message: 'Its worker was lost.', retryable: true }, willRetry: true };
  await first.emitter.emitProgress({ ...job, stage: 'A', progress: 10 });
  const told = await first.emitter.emitFailed(retrying);
  const broadcaster = new RecordingBroadcaster();
  const other = new JobEventEmitterService({ broadcaster, store: first.flaky.store });
  expect(await other.emitFailed(retrying)).toEqual(told);
  expect(broadcaster.events).toEqual([]);
  expect(await other.emitFailed({ ...retrying, error: { ...retrying.error, code: 'NO_DISK' } })).toMatchObject({ status: 'retrying', error: { code: 'NO_DISK' } });
  await other.close();
});
