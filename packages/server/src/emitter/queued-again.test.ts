import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFixture } from '../../tests/emitter-fixture.js';
import type { JobEventEmitterService } from './index.js';

const job = { jobId: 'j1', userId: 'u1' };
const until = '2026-11-23T12:30:00.000Z';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A run that lets its job go at 40 %. */
async function released({ emitter }: { readonly emitter: JobEventEmitterService }): Promise<void> {
  const running = emitter.run({ ...job, onThrow: () => ({ end: 'queued', delayedUntil: until }) }, async (run) => {
    run.stage('A');
    run.report(0.4);
    throw new Error('later');
  });
  await expect(running).rejects.toThrow('later');
}

test('a run that lets its job go leaves it queued, with the time when it goes on, and held by nobody', async () => {
  const fixture = createFixture({ throttle: { intervalMs: 0 } });
  await released(fixture);
  const [record] = await fixture.flaky.inner.get(['j1']);
  expect(record?.snapshot).toMatchObject({ status: 'queued', stage: 'A', progress: 40, delayedUntil: until, version: [1, 0, expect.any(Number), expect.any(Number), expect.anything()] });
  expect(record).not.toHaveProperty('run');
});

test('the next run goes on as the same attempt, and the time is gone', async () => {
  const fixture = createFixture({ throttle: { intervalMs: 0 } });
  await released(fixture);
  await fixture.emitter.run(job, async (run) => {
    expect(run.attempt).toBe(1);
    expect(await fixture.flaky.get('j1')).toMatchObject({ status: 'active', stage: 'A', progress: 40 });
    expect(await fixture.flaky.get('j1')).not.toHaveProperty('delayedUntil');
  });
});

test('a job that was let go can be cancelled at once', async () => {
  const fixture = createFixture();
  await released(fixture);
  const result = await fixture.flaky.inner.cancel('j1', { silentAfterMs: 30_000, timestamp: until });
  expect(result).toMatchObject({ outcome: 'cancelled', record: { snapshot: { status: 'cancelled' } } });
  expect(await fixture.flaky.get('j1')).not.toHaveProperty('delayedUntil');
});

test('an attempt that failed shows when the next one begins', async () => {
  const { emitter, flaky } = createFixture();
  await emitter.emitFailed({ ...job, error: { code: 'BOOM', message: '', retryable: true }, willRetry: true, delayedUntil: until });
  expect(await flaky.get('j1')).toMatchObject({ status: 'retrying', delayedUntil: until });
});

test('requeue queues the attempt that is active, or tells a new time of one that waits, but not one that a run holds, nor one that has ended', async () => {
  const { emitter, flaky } = createFixture({ throttle: { intervalMs: 0 } });
  await emitter.emitProgress({ ...job, stage: 'A', progress: 40 });
  await emitter.emitQueued({ ...job, attempt: 1, requeue: true, delayedUntil: until });
  expect(await flaky.get('j1')).toMatchObject({ status: 'queued', stage: 'A', progress: 40, delayedUntil: until });
  const later = '2026-11-23T12:45:00.000Z';
  await emitter.emitQueued({ ...job, attempt: 1, requeue: true, delayedUntil: later });
  const waiting = await flaky.get('j1');
  expect(waiting).toMatchObject({ status: 'queued', stage: 'A', progress: 40, delayedUntil: later });
  for (const said of [{ delayedUntil: later }, {}]) await emitter.emitQueued({ ...job, attempt: 1, requeue: true, ...said });
  expect(await flaky.get('j1')).toEqual(waiting);
  await emitter.run(job, async () => {
    await emitter.emitQueued({ ...job, attempt: 1, requeue: true, delayedUntil: until });
    expect(await flaky.get('j1')).toMatchObject({ status: 'active' });
  });
  await emitter.emitQueued({ ...job, attempt: 1, requeue: true });
  expect(await flaky.get('j1')).toMatchObject({ status: 'completed' });
});
