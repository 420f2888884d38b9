import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFixture } from '../../tests/emitter-fixture.js';
import { JobCancelledError } from '../server-errors.js';
import type { JobEventEmitterService } from './job-event-emitter-service.js';

const job = { jobId: 'j1', userId: 'u1' };
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) }));
afterEach(() => void vi.useRealTimers());

describe('a run that waits for another job', () => {
  test.each<[string, (emitter: JobEventEmitterService) => Promise<number>]>([
    ['is refused because the other was cancelled', (emitter) => emitter.run({ jobId: 'child', userId: 'u1' }, async () => 1)],
    ['gets the cancelling of the other', () => Promise.reject(new JobCancelledError('child'))],
    ['gets one that has its own id, though nobody asked', () => Promise.reject(new JobCancelledError('j1'))],
    ['gets the abort of a signal of its own', () => Promise.reject(AbortSignal.abort(new JobCancelledError('child')).reason as Error)],
  ])('and %s has failed, and can be done again', async (_, wait) => {
    const { emitter, flaky } = createFixture();
    await emitter.emitCancelled({ jobId: 'child', userId: 'u1' });
    await expect(emitter.run(job, () => wait(emitter))).rejects.toBeInstanceOf(JobCancelledError);
    expect(await flaky.get('j1')).toMatchObject({ status: 'failed', error: { code: 'JOB_FAILED' } });
    expect(await emitter.run(job, async () => 'done')).toBe('done');
  });

  test('is cancelled where it was asked to itself', async () => {
    const { emitter, flaky } = createFixture();
    const running = emitter.run(job, async (run) => {
      await new Promise<void>((resolve) => run.signal.addEventListener('abort', () => resolve()));
      throw new Error('interrupted');
    });
    const rejected = expect(running).rejects.toThrow('interrupted');
    await later(0);
    await flaky.inner.cancel('j1', { silentAfterMs: 30_000, timestamp: '2026-11-23T12:00:00.000Z' });
    await later(5_000);
    await rejected;
    expect(await flaky.get('j1')).toMatchObject({ status: 'cancelled' });
  });
});

describe('a run whose job belongs to another user', () => {
  test.each([['run'], ['runStep']] as const)('%s does its work, unreported, and says so once', async (method) => {
    const { emitter, flaky, broadcaster, codes } = createFixture();
    await emitter.emitQueued(job);
    const before = broadcaster.emissions.length;
    const run = emitter[method].bind(emitter) as typeof emitter.run;
    const result = await run({ jobId: 'j1', userId: 'u2' }, async (job) => {
      job.stage('A', 0.5);
      await later(20_000);
      expect(job.signal.aborted).toBe(false);
      return 1;
    });
    expect([result, codes(), broadcaster.emissions.length]).toEqual([1, ['FOREIGN_JOB'], before]);
    expect(await flaky.get('j1')).toMatchObject({ status: 'queued' });
  });

  test('goes on where a slow store answers only later', async () => {
    const { emitter, flaky, codes } = createFixture();
    await emitter.emitQueued(job);
    flaky.absence = 'refuses';
    const running = emitter.run({ jobId: 'j1', userId: 'u2' }, async (run) => {
      flaky.absence = undefined;
      await later(20_000);
      run.report(0.5);
      return run.signal.aborted;
    });
    await later(1_000);
    expect(await running).toBe(false);
    expect(codes().filter((code) => code === 'FOREIGN_JOB')).toHaveLength(1);
    expect(await flaky.get('j1')).toMatchObject({ status: 'queued' });
  });

  test.each([['the next report', true], ['the next sign of life', false]])('goes on where the store lost the job and another user took its id: heard with %s', async (_, reports) => {
    const { emitter, flaky, codes } = createFixture();
    const result = await emitter.run(job, async (run) => {
      await later(0);
      flaky.forget();
      await emitter.run({ jobId: 'j1', userId: 'u2' }, async () => 'theirs');
      if (reports) run.report(0.5);
      await later(20_000);
      return run.signal.aborted;
    });
    expect([result, codes()]).toEqual([false, ['FOREIGN_JOB']]);
    expect((await flaky.inner.get(['j1']))[0]).toMatchObject({ userId: 'u2', snapshot: { status: 'completed', result: 'theirs' } });
  });

  test('throws what its function throws', async () => {
    const { emitter } = createFixture();
    await emitter.emitQueued(job);
    await expect(emitter.run({ jobId: 'j1', userId: 'u2' }, () => Promise.reject(new Error('own')))).rejects.toThrow('own');
  });
});
