import { defineJob, jobRoom } from '@notes/job-events-protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { Emitter } from '@socket.io/redis-emitter';
import { Server } from 'socket.io';
import type { Broadcaster } from '../broadcaster.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { createFixture } from '../../tests/emitter-fixture.js';
import { JobEventEmitterService } from './job-event-emitter-service.js';

const job = { jobId: 'j1', userId: 'u1' };
const boom = { code: 'BOOM', message: 'Something broke.', retryable: true };
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what is broadcast', () => {
  test('one emit for both rooms, under the name of its status, and never the user id', async () => {
    const { emitter, broadcaster } = createFixture();
    await emitter.emitQueued(job);
    await emitter.emitProgress({ ...job, stage: 'A', progress: 1, message: 'Hello' });
    await emitter.emitFailed({ ...job, error: boom, willRetry: true });
    await emitter.emitProgress({ ...job, stage: 'A', progress: 1 });
    await emitter.emitCompleted({ ...job, result: 1 });
    expect(broadcaster.emissions.map(({ event, snapshot: { status } }) => [event, status])).toEqual([
      ['job:progress', 'queued'],
      ['job:progress', 'active'],
      ['job:error', 'retrying'],
      ['job:progress', 'active'],
      ['job:completed', 'completed'],
    ]);
    for (const { rooms, snapshot } of broadcaster.emissions) {
      expect(rooms).toEqual(['user:u1', jobRoom({ userId: 'u1', jobId: 'j1' })]);
      expect(JSON.stringify(snapshot)).not.toContain('u1');
    }
  });

  test('an end flushes what waits before it', async () => {
    const { emitter, broadcaster } = createFixture();
    for (const progress of [1, 2, 3]) await emitter.emitProgress({ ...job, stage: 'A', progress });
    await emitter.emitCompleted({ ...job, result: 1 });
    expect(broadcaster.states).toEqual(['A 1', 'A 3', 'completed']);
  });

  test('the last value before a silence goes out and reaches the store', async () => {
    const { emitter, broadcaster, flaky } = createFixture();
    for (const progress of [1, 1.2, 1.4]) await emitter.emitProgress({ ...job, stage: 'A', progress });
    await later(900);
    expect(broadcaster.states).toEqual(['A 1']);
    await later(200);
    expect(broadcaster.states).toEqual(['A 1', 'A 1.4']);
    expect(await flaky.get('j1')).toMatchObject({ progress: 1.4 });
  });

  test('a broadcast that fails, at once or later, goes to onError and changes nothing else', async () => {
    const failing: Broadcaster = { to: () => ({ emit: (event) => { if (event === 'job:completed') throw new Error('now'); return Promise.reject(new Error('later')); } }) };
    const { emitter, flaky, errors } = createFixture({ broadcaster: failing });
    await emitter.emitProgress({ ...job, stage: 'A', progress: 1 });
    await emitter.emitCompleted({ ...job, result: 1 });
    await later(0);
    expect(errors.map(({ code, jobId }) => [code, jobId])).toEqual([['BROADCAST_FAILED', 'j1'], ['BROADCAST_FAILED', 'j1']]);
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed' });
  });

  test('a broadcaster on another namespace is refused', () => {
    const store = new MemoryJobStore();
    const io = new Server();
    const redis = new Emitter({});
    for (const broadcaster of [io, io.of('/'), io.of('/other'), redis, redis.of('/other')] as unknown as Broadcaster[])
      expect(() => new JobEventEmitterService({ broadcaster, store })).toThrow(/clients connect to \/jobs/);
    for (const broadcaster of [io.of('/jobs'), redis.of('/jobs')] as unknown as Broadcaster[])
      expect(new JobEventEmitterService({ broadcaster, store })).toBeDefined();
    const other = io.of('/other') as unknown as Broadcaster;
    expect(new JobEventEmitterService({ broadcaster: other, store, namespace: '/other' })).toBeDefined();
  });
});

describe('what is stored', () => {
  test('progress of many jobs is written in one call, of each only the newest', async () => {
    const { emitter, flaky } = createFixture({ throttle: { intervalMs: 0 } });
    const ids = Array.from({ length: 50 }, (_, index) => `j${index}`);
    await Promise.all(ids.map((jobId) => emitter.emitProgress({ jobId, userId: 'u1', stage: 'A', progress: 0 })));
    const write = vi.spyOn(flaky.inner, 'write');
    for (let progress = 1; progress <= 20; progress++) for (const jobId of ids) void emitter.emitProgress({ jobId, userId: 'u1', stage: 'A', progress });
    await later(100);
    expect(write.mock.calls.map(([writes]) => writes.map(({ snapshot }) => snapshot.progress))).toEqual([Array(50).fill(20)]);
  });

  test('ends of one moment share a round trip', async () => {
    const { emitter, flaky } = createFixture();
    const ids = Array.from({ length: 50 }, (_, index) => `j${index}`);
    await Promise.all(ids.map((jobId) => emitter.emitProgress({ jobId, userId: 'u1', stage: 'A', progress: 0 })));
    const write = vi.spyOn(flaky.inner, 'write');
    await Promise.all(ids.map((jobId) => emitter.emitCompleted({ jobId, userId: 'u1', result: 1 })));
    expect(write).toHaveBeenCalledOnce();
  });

  test('metadata stays until other metadata or null, a message only for its event', async () => {
    const { emitter } = createFixture();
    await emitter.emitQueued({ ...job, metadata: { fileName: 'a.pdf' } });
    expect(await emitter.emitProgress({ ...job, stage: 'A', progress: 1, message: 'm' })).toMatchObject({ metadata: { fileName: 'a.pdf' }, message: 'm' });
    expect(await emitter.emitProgress({ ...job, stage: 'A', progress: 2 })).not.toHaveProperty('message');
    expect(await emitter.emitCompleted({ ...job, result: 1, metadata: null })).not.toHaveProperty('metadata');
  });

  test('what the caller changes afterwards changes nothing', async () => {
    const { emitter, flaky } = createFixture();
    const metadata = { file: { name: 'a.pdf' } };
    await emitter.emitProgress({ ...job, stage: 'A', progress: 1, metadata });
    metadata.file.name = 'b.pdf';
    expect((await flaky.get('j1'))?.metadata).toEqual({ file: { name: 'a.pdf' } });
  });

  test('reports of one job take effect in the order in which they were made, awaited or not', async () => {
    const { emitter, broadcaster } = createFixture();
    void emitter.emitQueued(job);
    void emitter.emitProgress({ ...job, stage: 'A', progress: 10 });
    void emitter.emitFailed({ ...job, error: boom, willRetry: true });
    void emitter.emitProgress({ ...job, stage: 'A', progress: 1 });
    await emitter.emitCompleted({ ...job, result: 1 });
    expect(broadcaster.states).toEqual(['queued', 'A 10', 'retrying', 'A 1', 'completed']);
  });

  test('of what is said while the store is asked for the first time, the newest is kept', async () => {
    const { emitter, broadcaster } = createFixture();
    const saying = [1, 2, 3].map((progress) => emitter.emitProgress({ ...job, stage: 'A', progress }));
    expect((await Promise.all(saying)).map(({ progress }) => progress)).toEqual([3, 3, 3]);
    expect(broadcaster.states).toEqual(['A 3']);
  });
});

describe('mistakes', () => {
  test('a rejection that nobody awaits goes to onError and does not end the process', async () => {
    const { emitter, codes } = createFixture();
    void emitter.emitProgress({ ...job, stage: '', progress: 1 });
    await later(0);
    expect(codes()).toEqual(['INVALID_PAYLOAD']);
  });

  test('an onError that throws changes nothing', async () => {
    const onError = () => {
      throw new Error('onError is broken');
    };
    const { emitter } = createFixture({ onError });
    await expect(emitter.emitProgress({ ...job, stage: '', progress: 1 })).rejects.toMatchObject({ code: 'INVALID_PAYLOAD' });
  });

  test.each([
    ['no object', undefined, /emitProgress: /],
    ['a wrong time', { ...job, stage: 'A', progress: 1, timestamp: 'yesterday' }, /timestamp must be an ISO 8601 time/],
    ['no whole attempt', { ...job, stage: 'A', progress: 1, attempt: 1.5 }, /attempt must be a whole number from 1/],
    ['no number', { ...job, stage: 'A', progress: Number.NaN }, /progress must be a number from 0 to 100/],
    ['metadata that is a list', { ...job, stage: 'A', progress: 1, metadata: [] }, /metadata must be an object/],
    ['metadata that is no JSON', { ...job, stage: 'A', progress: 1, metadata: { n: 1n } }, /metadata must be JSON/],
    ['metadata that cannot be read', { ...job, stage: 'A', progress: 1, metadata: { get n() { throw new Error('gone'); } } }, /emitProgress: a field cannot be read/],
    ['metadata nested 17 deep', { ...job, stage: 'A', progress: 1, metadata: nested(17) }, /metadata must be nested at most 16 deep/],
    ['metadata nested 100,000 deep', { ...job, stage: 'A', progress: 1, metadata: nested(100_000) }, /metadata must be nested at most 16 deep/],
  ])('%s is refused', async (_, payload, message) => {
    const { emitter } = createFixture();
    await expect(emitter.emitProgress(payload as never)).rejects.toThrow(message);
  });

  test('metadata nested 16 deep is taken', async () => {
    const { emitter } = createFixture();
    expect(await emitter.emitProgress({ ...job, stage: 'A', progress: 1, metadata: nested(16) })).toMatchObject({ progress: 1 });
  });

  test('a contract checks type, stage, metadata and result', async () => {
    const pdf = defineJob({ type: 'pdf', stages: ['A', 'B'], metadata: z.object({ fileName: z.string() }), result: z.object({ noteId: z.string().trim() }) });
    const thumbs = defineJob({ type: 'thumbs', stages: ['C'] });
    const { emitter } = createFixture({ jobs: [pdf, thumbs] });
    const said = { ...job, type: 'pdf', stage: 'A', progress: 1 } as const;
    await expect(emitter.emitProgress({ ...said, type: 'other' } as never)).rejects.toThrow("type must be one of pdf, thumbs, not 'other'.");
    await expect(emitter.emitProgress({ ...said, type: undefined } as never)).rejects.toThrow('type is missing; it must be one of pdf, thumbs.');
    await expect(emitter.emitProgress({ ...said, stage: 'C' } as never)).rejects.toThrow('stage must be one of A, B');
    await expect(emitter.emitProgress({ ...said, metadata: { fileName: 1 } } as never)).rejects.toThrow(/metadata\.fileName: /);
    await expect(emitter.emitCompleted({ ...job, type: 'pdf', result: {} } as never)).rejects.toThrow(/result\.noteId: /);
    expect(await emitter.emitCompleted({ ...job, type: 'pdf', result: { noteId: ' n1 ' } })).toMatchObject({ type: 'pdf', result: { noteId: 'n1' } });
  });
});

describe('flush and close', () => {
  test('flush sends and stores what waits', async () => {
    const { emitter, broadcaster, flaky } = createFixture();
    for (const progress of [1, 1.5]) await emitter.emitProgress({ ...job, stage: 'A', progress });
    await emitter.flush();
    expect(broadcaster.states).toEqual(['A 1', 'A 1.5']);
    expect(await flaky.get('j1')).toMatchObject({ progress: 1.5 });
  });

  test('close flushes, refuses what comes later, and leaves no timer behind', async () => {
    const { emitter, flaky } = createFixture();
    for (const progress of [1, 1.5]) await emitter.emitProgress({ ...job, stage: 'A', progress });
    await Promise.all([emitter.close(), emitter.close()]);
    expect(await flaky.get('j1')).toMatchObject({ progress: 1.5 });
    await flaky.inner.close();
    expect(vi.getTimerCount()).toBe(0);
    await expect(emitter.emitProgress({ ...job, stage: 'A', progress: 9 })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('what a run that goes on says after close is not tried to be stored for ever', async () => {
    const { emitter, flaky } = createFixture({ throttle: { intervalMs: 0 } });
    let report = (_fraction: number): void => undefined;
    let finish = (): void => undefined;
    const running = emitter.run(job, (run) => {
      report = run.report;
      return new Promise<void>((resolve) => (finish = resolve));
    });
    await later(0);
    const closing = emitter.close({ timeoutMs: 0 });
    await later(0);
    await closing;
    flaky.absence = 'refuses';
    report(0.5);
    await later(10_000);
    expect(flaky.calls['write']).toBeUndefined();
    finish();
    await running;
    await flaky.inner.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('with a store that is away, close takes its 20 s', async () => {
    const { emitter, flaky } = createFixture();
    await emitter.emitProgress({ ...job, stage: 'A', progress: 1 });
    flaky.absence = 'hangs';
    void emitter.emitCompleted({ ...job, result: 1 });
    let isClosed = false;
    void emitter.close().then(() => (isClosed = true));
    await later(19_999);
    expect(isClosed).toBe(false);
    await later(1);
    expect(isClosed).toBe(true);
  });
});

function nested(levels: number): Record<string, unknown> {
  let inner: Record<string, unknown> = {};
  for (let level = 1; level < levels; level++) inner = { inner };
  return inner;
}

test.each([['a definition without stages', { type: 'x' }], ['nothing in a list', [undefined]], ['a text', 'pdf-notes']])('an emitter refuses %s in the place of what defineJob returns', (_what, jobs) => {
  const broadcaster: Broadcaster = { to: () => ({ emit: () => undefined }) };
  expect(() => new JobEventEmitterService({ broadcaster, store: new MemoryJobStore(), jobs: jobs as never })).toThrow(/give what defineJob returns/);
});

test('an emitter that is given nothing says what it needs', () => {
  expect(() => new JobEventEmitterService(undefined as never)).toThrow(/broadcaster must have/);
});
