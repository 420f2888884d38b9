import { jobRoom } from '@notes/job-events-protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFixture, FlakyStore } from '../../tests/emitter-fixture.js';
import { StaleRunError } from '../server-errors.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { realTiming } from '../timing.js';
import { EndNotStoredError } from './end-not-stored-error.js';
import type { SupervisionOptions } from './run-supervisor.js';

const job = { jobId: 'j1', userId: 'u1' };
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const MINUTE = 60_000;
const never = (): Promise<never> => new Promise(() => undefined);

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A worker and an API, each with its own way to one store. The API looks after runs. */
function processes(supervision?: SupervisionOptions | false) {
  const worker = createFixture();
  const api = createFixture({ flaky: new FlakyStore(worker.flaky.inner), ...(supervision !== undefined && { supervision }) });
  const states = (): string[] => api.broadcaster.emissions.map(({ snapshot: { status, stalled, error } }) => [status, stalled && 'stalled', error?.code].filter(Boolean).join(' '));
  return { worker, api, states };
}

/** The same over a store whose clock can be stepped, and nothing else's. */
function onOneClock() {
  let ahead = 0;
  const store = new MemoryJobStore({ timing: { ...realTiming, monotonic: () => realTiming.monotonic() + ahead } });
  const worker = createFixture({ flaky: new FlakyStore(store) });
  const api = createFixture({ flaky: new FlakyStore(store) });
  const states = (): string[] => api.broadcaster.emissions.map(({ snapshot: { status, stalled, error } }) => [status, stalled && 'stalled', error?.code].filter(Boolean).join(' '));
  return { worker, api, states, step: (ms: number) => void (ahead += ms), dispose: () => api.emitter.close({ timeoutMs: 0 }) };
}

describe('a run whose process is gone', () => {
  test('is shown as stalled, and ends as failed with WORKER_LOST after 5 minutes', async () => {
    const { worker, api, states } = processes();
    void worker.emitter.run(job, never);
    await later(0);
    await later(20_000);
    worker.flaky.absence = 'hangs';
    await later(29_000);
    expect(states()).toEqual([]);
    await later(22_000);
    expect(states()).toEqual(['active stalled']);
    expect(await api.flaky.get('j1')).toMatchObject({ status: 'active', stalled: true });
    await later(5 * MINUTE - 52_000);
    expect(states()).toEqual(['active stalled']);
    await later(MINUTE);
    expect(states()).toEqual(['active stalled', 'failed WORKER_LOST']);
    expect(api.broadcaster.emissions.at(-1)?.rooms).toEqual(['user:u1', jobRoom({ userId: 'u1', jobId: 'j1' })]);
    expect(await api.flaky.get('j1')).toMatchObject({ status: 'failed', error: { code: 'WORKER_LOST', retryable: true } });
    expect(api.codes()).toEqual([]);
  });

  test('is not taken for gone after an outage of the store for everybody, nor where it was asked to cancel', async () => {
    for (const isCancelling of [false, true]) {
      const { worker, api, states } = processes();
      let signal!: AbortSignal;
      const jobId = `outage-${isCancelling}`;
      void worker.emitter.run({ ...job, jobId }, (run) => {
        signal = run.signal;
        return never();
      });
      await later(0);
      worker.flaky.absence = api.flaky.absence = 'refuses';
      await later(10 * MINUTE);
      if (isCancelling) await api.flaky.inner.cancel(jobId, { silentAfterMs: 60 * MINUTE, timestamp: new Date().toISOString() });
      api.flaky.absence = undefined;
      await later(12_000);
      worker.flaky.absence = undefined;
      await later(MINUTE);
      expect(states().filter((state) => /failed|cancelled/.test(state))).toEqual([]);
      expect(signal.aborted).toBe(isCancelling);
    }
  });

  test.each([['back', -60 * MINUTE], ['forward', 60 * MINUTE]])('is found in time though the clock of the store is set %s', async (_, ms) => {
    const { worker, states, step, dispose } = onOneClock();
    void worker.emitter.run(job, never);
    await later(MINUTE);
    worker.flaky.absence = 'hangs';
    await later(10_000);
    step(ms);
    await later(70_000);
    expect(states()).toEqual(['active stalled']);
    await later(4 * MINUTE - 10_000);
    expect(states()).toEqual(['active stalled']);
    await later(MINUTE);
    expect(states()).toEqual(['active stalled', 'failed WORKER_LOST']);
    await dispose();
  });

  test('and that comes back after that is told that it was overtaken', async () => {
    const { worker, api } = processes();
    let signal!: AbortSignal;
    void worker.emitter.run(job, (run) => {
      signal = run.signal;
      return never();
    });
    await later(0);
    worker.flaky.absence = 'refuses';
    await later(6 * MINUTE);
    expect(await api.flaky.get('j1')).toMatchObject({ status: 'failed' });
    expect(signal.aborted).toBe(false);
    worker.flaky.absence = undefined;
    await later(6_000);
    expect(signal.reason).toBeInstanceOf(StaleRunError);
  });

  test('and that hears of it and returns a result all the same hands the end over, to be restored as the next attempt', async () => {
    const { worker, api } = processes();
    let finish!: (result: string) => void;
    const running = worker.emitter.run(job, () => new Promise<string>((resolve) => (finish = resolve)));
    await later(0);
    worker.flaky.absence = 'refuses';
    await later(6 * MINUTE);
    worker.flaky.absence = undefined;
    await later(6_000);
    worker.errors.length = 0;
    finish('done');
    expect(await running).toBe('done');
    const [error] = worker.errors as [EndNotStoredError];
    expect(worker.errors).toHaveLength(1);
    expect(error).toBeInstanceOf(EndNotStoredError);
    expect(await api.emitter.restoreEnds([error.end])).toMatchObject({ stored: 1 });
    expect(await api.flaky.get('j1')).toMatchObject({ status: 'completed', result: 'done' });
  });

  test('and that ends after that without having heard of it rejects with StaleRunError; what stands stays', async () => {
    const { worker, api } = processes();
    let finish!: () => void;
    const running = worker.emitter.run(job, () => new Promise<void>((resolve) => (finish = resolve)));
    const outcome = running.catch((error: unknown) => error);
    await later(0);
    worker.flaky.absence = 'refuses';
    await later(6 * MINUTE);
    worker.flaky.absence = undefined;
    finish();
    await later(0);
    expect(await outcome).toBeInstanceOf(StaleRunError);
    expect(await api.flaky.get('j1')).toMatchObject({ status: 'failed', error: { code: 'WORKER_LOST' } });
  });

  test('and that comes back in time clears the mark by itself, without having anything new to say', async () => {
    const { worker, states, api } = processes();
    void worker.emitter.run(job, never);
    await later(0);
    worker.flaky.absence = 'refuses';
    await later(MINUTE);
    expect(states()).toEqual(['active stalled']);
    worker.flaky.absence = undefined;
    await later(6_000);
    const { snapshot } = worker.broadcaster.emissions.at(-1)!;
    expect([snapshot.status, snapshot.stalled]).toEqual(['active', undefined]);
    expect((await api.flaky.get('j1'))?.stalled).toBeUndefined();
    await later(10 * MINUTE);
    expect(states()).toEqual(['active stalled']);
    expect(await api.flaky.get('j1')).toMatchObject({ status: 'active' });
  });

  test('and whose end waits for the store overrides WORKER_LOST when it is restored, as the next attempt', async () => {
    const { worker, api } = processes();
    void worker.emitter.run(job, async () => {
      worker.flaky.absence = 'refuses';
      return 'done';
    });
    await later(2_000);
    const closing = worker.emitter.close({ timeoutMs: 1_000 });
    await later(1_000);
    const { unstoredEnds } = await closing;
    await later(7 * MINUTE);
    expect(await api.flaky.get('j1')).toMatchObject({ status: 'failed', error: { code: 'WORKER_LOST' } });
    expect(await api.emitter.restoreEnds(unstoredEnds)).toMatchObject({ stored: 1 });
    expect(await api.flaky.get('j1')).toMatchObject({ status: 'completed', result: 'done' });
    expect((await api.flaky.get('j1'))?.version[0]).toBe(2);
  });
});

describe('what is not ended', () => {
  test.each([['back', -60 * MINUTE], ['forward', 60 * MINUTE]])('a living run when the clock of the store is set %s, nor is it shown as stalled', async (_, ms) => {
    const { worker, states, step, dispose } = onOneClock();
    void worker.emitter.run(job, never);
    await later(MINUTE);
    for (let steps = 0; steps < 3; steps++) {
      step(ms);
      await later(7 * MINUTE);
    }
    expect(states()).toEqual([]);
    await dispose();
  });

  test('a run that hangs in a process that lives', async () => {
    const { worker, states, api } = processes();
    void worker.emitter.run(job, never);
    await later(60 * MINUTE);
    expect([states(), (await api.flaky.get('j1'))?.status]).toEqual([[], 'active']);
  });

  test('a job of a queue, which is only marked; a job that waits; one reported without a run', async () => {
    const { worker, states, api } = processes();
    void worker.emitter.run({ ...job, queueJob: { queue: 'pdf', id: '1', createdAt: 1 } }, never);
    await worker.emitter.emitQueued({ jobId: 'waits', userId: 'u1' });
    await worker.emitter.emitProgress({ jobId: 'direct', userId: 'u1', stage: 'A', progress: 1 });
    await worker.emitter.emitFailed({ jobId: 'retrying', userId: 'u1', error: { code: 'B', message: 'b', retryable: true }, willRetry: true });
    await later(100);
    worker.flaky.absence = 'hangs';
    await later(60 * MINUTE);
    expect(states()).toEqual(['active stalled']);
    const statuses = await Promise.all(['j1', 'waits', 'direct', 'retrying'].map(async (jobId) => (await api.flaky.get(jobId))?.status));
    expect(statuses).toEqual(['active', 'queued', 'active', 'retrying']);
  });

  test('with workerLostAfterMs: false, anything', async () => {
    const { worker, states } = processes({ workerLostAfterMs: false });
    void worker.emitter.run(job, never);
    await later(0);
    worker.flaky.absence = 'hangs';
    await later(60 * MINUTE);
    expect(states()).toEqual(['active stalled']);
  });
});

describe('supervision', () => {
  test('finds lost runs behind thousands of jobs that wait', async () => {
    const { worker, states } = processes();
    for (let index = 0; index < 4_500; index++) await worker.flaky.inner.insert({ jobId: `waits-${index}`, userId: 'u2', createdAt: new Date().toISOString() });
    await later(1_000);
    void worker.emitter.run(job, never);
    await later(0);
    worker.flaky.absence = 'hangs';
    await later(2 * MINUTE);
    expect(states()).toEqual(['active stalled']);
  });

  test('is done by one process at a time, and by another one when that is gone', async () => {
    const { worker, api } = processes();
    const second = createFixture({ flaky: new FlakyStore(worker.flaky.inner) });
    await later(5 * MINUTE);
    const lists = [worker, api, second].map(({ flaky }) => flaky.calls['listUnfinished'] ?? 0);
    expect(lists.filter((count) => count > 0)).toHaveLength(1);
    const leader = [worker, api, second][lists.findIndex((count) => count > 0)]!;
    leader.flaky.absence = 'hangs';
    await later(2 * MINUTE);
    expect([worker, api, second].filter((each) => each !== leader && (each.flaky.calls['listUnfinished'] ?? 0) > 0)).toHaveLength(1);
  });

  test('is on by default where processes may share the store, and off for MemoryJobStore unless it is asked for', () => {
    const timers = (options: Parameters<typeof createFixture>[0]): number => {
      const before = vi.getTimerCount();
      createFixture(options);
      return vi.getTimerCount() - before;
    };
    expect(timers({})).toBe(1);
    expect(timers({ store: new MemoryJobStore() })).toBe(0);
    expect(timers({ store: new MemoryJobStore(), supervision: {} })).toBe(1);
  });

  test('is off in a process that says so', async () => {
    const { api, worker } = processes(false);
    await worker.emitter.close();
    await later(5 * MINUTE);
    expect(api.flaky.calls).toEqual({});
  });

  test.each([{ stalledAfterMs: 5_000 }, { stalledAfterMs: Number.NaN }, { stalledAfterMs: 60_000, workerLostAfterMs: 59_999 }, { workerLostAfterMs: Number.NaN }])('refuses %j', (supervision) => {
    expect(() => createFixture({ supervision })).toThrow(/supervision\./);
  });
});
