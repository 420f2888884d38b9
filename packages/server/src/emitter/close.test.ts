import type { RegisteredJobs } from '@notes/job-events-protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFixture, FlakyStore } from '../../tests/emitter-fixture.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { createMetrics } from '../telemetry/metrics.js';
import { realTiming } from '../timing.js';
import { Announcer } from './announcer.js';
import { EndNotStoredError, type UnstoredEnd } from './end-not-stored-error.js';
import type { CloseResult } from './close-result.js';
import { EndWriter } from './end-writer.js';
import { StoreClient } from './store-client.js';

const job = { jobId: 'j1', userId: 'u1' };
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Work that goes on until the test lets it end. */
function work<Result>() {
  let finish!: (result: Result) => void;
  const done = new Promise<Result>((resolve) => (finish = resolve));
  return { finish, done };
}

/** What closing comes to, without waiting for it. */
function observed(closing: Promise<CloseResult>) {
  const seen: { result?: CloseResult } = {};
  void closing.then((result) => (seen.result = result));
  return seen;
}

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** An emitter that is closed while the store is away for good, and what it gave up. */
async function closedInAnOutage(say: (fixture: ReturnType<typeof createFixture<RegisteredJobs>>) => void) {
  const fixture = createFixture();
  say(fixture);
  await later(0);
  const closing = fixture.emitter.close({ timeoutMs: 4_000 });
  await later(4_000);
  return { ...fixture, result: await closing };
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('close and the runs of this process', () => {
  test('waits for a run in progress, reports it to its end, and gives nothing up', async () => {
    const { emitter, flaky, broadcaster, codes } = createFixture();
    const { done, finish } = work<string>();
    const running = emitter.run(job, async (run) => {
      await later(0);
      run.stage('LATE');
      return done;
    });
    await later(0);
    const seen = observed(emitter.close());
    await later(10_000);
    expect(seen.result).toBeUndefined();
    finish('note');
    expect(await running).toBe('note');
    await later(0);
    expect(seen.result).toEqual({ unfinishedRuns: [], unstoredEnds: [] });
    expect(broadcaster.states).toEqual(['INITIALIZING 0', 'LATE 0', 'completed']);
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed' });
    expect([codes(), vi.getTimerCount()]).toEqual([[], 1]); // The memory store's own.
  });

  test('gives a run up after three quarters of the time, says which once, and lets its work go on', async () => {
    const { emitter, broadcaster, errors } = createFixture();
    const { done, finish } = work<string>();
    let signal: AbortSignal | undefined;
    const running = emitter.run({ ...job, attempt: 3 }, (run) => {
      signal = run.signal;
      return done;
    });
    await later(0);
    const seen = observed(emitter.close({ timeoutMs: 8_000 }));
    await later(5_999);
    expect(seen.result).toBeUndefined();
    await later(1);
    expect(seen.result).toEqual({ unfinishedRuns: [{ jobId: 'j1', userId: 'u1', attempt: 3 }], unstoredEnds: [] });
    finish('note');
    expect(await running).toBe('note');
    await later(10_000);
    expect(signal!.aborted).toBe(false);
    expect(broadcaster.states).toEqual(['INITIALIZING 0']);
    expect(errors.map(({ code, jobId }) => [code, jobId])).toEqual([['RUN_UNFINISHED', 'j1']]);
  });

  test('reports what runs and other reporters say while it waits, and refuses other reporters afterwards', async () => {
    const { emitter, flaky } = createFixture();
    const { done, finish } = work<void>();
    const running = emitter.run(job, () => done);
    await later(0);
    const closing = emitter.close();
    await emitter.emitCompleted({ jobId: 'j2', userId: 'u1', result: 1 });
    expect(await emitter.run({ jobId: 'j3', userId: 'u1' }, async () => 3)).toBe(3);
    finish();
    await running;
    await closing;
    for (const jobId of ['j1', 'j2', 'j3']) expect(await flaky.get(jobId)).toMatchObject({ status: 'completed' });
    await expect(emitter.emitCompleted({ jobId: 'j4', userId: 'u1', result: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('a run that begins afterwards does its work unreported, at once, and says so', async () => {
    const { emitter, flaky, errors } = createFixture();
    await emitter.close();
    const before = Date.now();
    expect(await emitter.run(job, async (run) => {
      run.stage('A');
      run.report(0.5);
      return run.signal.aborted;
    })).toBe(false);
    const boom = new Error('boom');
    await expect(emitter.run({ ...job, jobId: 'j2' }, () => Promise.reject(boom))).rejects.toBe(boom);
    expect(Date.now()).toBe(before);
    expect(flaky.calls).toEqual({});
    expect(errors.map(({ code, jobId }) => [code, jobId])).toEqual([['CLOSED', 'j1'], ['CLOSED', 'j2'], ['JOB_FAILED', 'j2']]);
  });

  test('of two calls the first one says for how long, and both get its result', async () => {
    const { emitter } = createFixture();
    void emitter.run(job, () => new Promise(() => undefined));
    await later(0);
    const first = emitter.close({ timeoutMs: 4_000 });
    const second = emitter.close({ timeoutMs: 400_000 });
    await later(3_000);
    expect(await first).toBe(await second);
  });

  test('refuses a time that is none, and stays open', async () => {
    const { emitter } = createFixture();
    await expect(emitter.close({ timeoutMs: Number.NaN })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(await emitter.emitCompleted({ ...job, result: 1 })).toMatchObject({ status: 'completed' });
  });
});

describe('ends that close could not store', () => {
  test.each(['refuses', 'hangs'] as const)('one deadline for all of it where the store %s, and each end once, as plain JSON', async (absence) => {
    const { result, codes } = await closedInAnOutage(({ emitter, flaky }) => {
      void emitter.run(job, async () => {
        flaky.absence = absence;
        return { noteId: 'n1' };
      });
      void emitter.run({ jobId: 'j2', userId: 'u1' }, () => Promise.reject(new Error('boom'))).catch(() => undefined);
      void emitter.emitCancelled({ jobId: 'j3', userId: 'u1' }).catch(() => undefined);
      void emitter.emitFailed({ jobId: 'j3', userId: 'u1', error: { code: 'B', message: 'b', retryable: false } }).catch(() => undefined);
    });
    expect(asJson(result)).toEqual(result);
    expect(result.unstoredEnds.map(({ userId, snapshot: { jobId, status } }) => [userId, jobId, status]).sort()).toEqual([
      ['u1', 'j1', 'completed'],
      ['u1', 'j2', 'failed'],
      ['u1', 'j3', 'cancelled'],
      ['u1', 'j3', 'failed'],
    ].sort());
    expect(codes().filter((code) => code === 'STORE_UNAVAILABLE')).toHaveLength(4);
  });

  test('a later emitter stores and tells them, once, however often it is given them', async () => {
    const { result, flaky } = await closedInAnOutage(({ emitter, flaky }) => {
      void emitter.run(job, async () => {
        flaky.absence = 'refuses';
        return { noteId: 'n1' };
      });
    });
    flaky.absence = undefined;
    const { emitter, broadcaster } = createFixture({ flaky });
    const ends = asJson(result.unstoredEnds);
    expect(await emitter.restoreEnds(ends)).toEqual({ stored: 1, outdated: 0, unstoredEnds: [] });
    expect(await emitter.restoreEnds(ends)).toEqual({ stored: 1, outdated: 0, unstoredEnds: [] });
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed', result: { noteId: 'n1' } });
    expect((await flaky.get('j1'))?.version.slice(0, 4)).toEqual(ends[0]!.snapshot.version.slice(0, 4));
    expect(broadcaster.states[0]).toBe('completed');
  });

  /** The end of a run of which the store never heard. */
  async function endOfAnUnknownRun(): Promise<{ readonly flaky: FlakyStore; readonly ends: readonly UnstoredEnd[] }> {
    const flaky = new FlakyStore(new MemoryJobStore());
    await flaky.inner.insert({ ...job, createdAt: new Date().toISOString() });
    flaky.absence = 'refuses';
    const { emitter } = createFixture({ flaky });
    void emitter.run({ ...job, metadata: { fileName: 'a.pdf' } }, async () => 'done');
    await later(2_000);
    const closing = emitter.close({ timeoutMs: 1_000 });
    await later(1_000);
    flaky.absence = undefined;
    return { flaky, ends: (await closing).unstoredEnds };
  }

  test('of a run that the store never knew: it is stored for the job that waits', async () => {
    const { flaky, ends } = await endOfAnUnknownRun();
    expect(ends).toMatchObject([{ by: 'run', snapshot: { status: 'completed', result: 'done', metadata: { fileName: 'a.pdf' }, version: [1, 2, 0, 1] } }]);
    const { emitter } = createFixture({ flaky });
    expect(await emitter.restoreEnds(ends)).toMatchObject({ stored: 1 });
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed', result: 'done' });
  });

  test('of a job that nobody ran: what is stored already counts as stored, however often it is given', async () => {
    const { flaky, ends } = await endOfAnUnknownRun();
    const { emitter } = createFixture({ flaky });
    for (let times = 0; times < 3; times++) expect(await emitter.restoreEnds(ends)).toEqual({ stored: 1, outdated: 0, unstoredEnds: [] });
  });

  test.each(['is at it', 'has ended it', 'was cancelled'])('are outdated where somebody %s since', async (what) => {
    const { flaky, ends } = await endOfAnUnknownRun();
    const { emitter } = createFixture({ flaky });
    if (what === 'is at it') void emitter.run(job, () => new Promise(() => undefined));
    else if (what === 'has ended it') await emitter.emitFailed({ ...job, error: { code: 'B', message: 'b', retryable: false } });
    else await emitter.emitCancelled(job);
    await later(0);
    const before = await flaky.get('j1');
    expect(await emitter.restoreEnds(ends)).toEqual({ stored: 0, outdated: 1, unstoredEnds: [] });
    expect(await flaky.get('j1')).toEqual(before);
  });

  test.each([['text', '[]'], ['nothing', undefined]])('are refused with a sentence where %s is given in the place of a list', async (_what, given) => {
    const { emitter } = createFixture();
    await expect(emitter.restoreEnds(given as never)).rejects.toMatchObject({ code: 'INVALID_PAYLOAD', message: expect.stringContaining('takes the list of ends') });
  });

  test('overwrite nothing newer: a later run of the job stays', async () => {
    const { result, flaky } = await closedInAnOutage(({ emitter, flaky }) => {
      void emitter.run(job, async () => {
        flaky.absence = 'refuses';
        return 1;
      });
    });
    flaky.absence = undefined;
    const { emitter } = createFixture({ flaky });
    void emitter.run({ ...job, attempt: 2 }, () => new Promise(() => undefined));
    await later(0);
    expect(await emitter.restoreEnds(result.unstoredEnds)).toMatchObject({ stored: 0, outdated: 1 });
    expect(await flaky.get('j1')).toMatchObject({ status: 'active', version: { 0: 2, 1: 0 } });
  });

  test('that cannot be stored this time either are handed back after 30 s', async () => {
    const { ends, flaky } = await endOfAnUnknownRun();
    flaky.absence = 'hangs';
    const { emitter } = createFixture({ flaky });
    const restoring = emitter.restoreEnds(ends);
    await later(30_000);
    expect(await restoring).toEqual({ stored: 0, outdated: 0, unstoredEnds: ends });
  });

  test('are checked, because they come from a file', async () => {
    const { emitter } = createFixture();
    await expect(emitter.restoreEnds([{ userId: 'u1', by: 'run' } as never])).rejects.toThrow('restoreEnds: ends[0]');
  });

  test('an end from outside a run that is given up after 30 s is in the error that its caller gets', async () => {
    const { emitter, flaky } = createFixture();
    flaky.absence = 'refuses';
    const caught = emitter.emitCompleted({ ...job, result: 7 }).catch((error: unknown) => error);
    await later(30_000);
    const error = await caught;
    expect(error).toBeInstanceOf(EndNotStoredError);
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', jobId: 'j1', end: { userId: 'u1', snapshot: { status: 'completed', result: 7 } } });
  });

  test('of too many that wait the oldest is given up, with its end', async () => {
    const { flaky, broadcaster } = createFixture();
    flaky.absence = 'refuses';
    const onError = (): void => undefined;
    const storeClient = new StoreClient({ store: flaky.store, timing: realTiming, onError });
    const writer = new EndWriter({ storeClient, announcer: new Announcer(broadcaster, onError, createMetrics(undefined)), maxWaiting: 2 });
    const ends = ['j1', 'j2', 'j3'].map((jobId): UnstoredEnd => ({
      userId: 'u1',
      by: 'run',
      snapshot: { jobId, status: 'completed', stage: 'COMPLETED', progress: 100, version: [1, 2, 1, 1], createdAt: '', timestamp: '' },
    }));
    const stored = ends.map((end) => writer.store(end).catch((error: unknown) => error));
    await later(100);
    expect(await stored[0]).toMatchObject({ code: 'STORE_UNAVAILABLE', end: ends[0] });
    flaky.absence = undefined;
    await later(200);
    expect(await Promise.all(stored.slice(1))).toMatchObject([{ outcome: 'stored' }, { outcome: 'stored' }]);
  });
});
