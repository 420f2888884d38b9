import { describeWith, startPostgres, startRedis } from '@notes/test-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { OnError } from '../src/logger.js';
import { connectPostgres } from '../src/postgres/index.js';
import { connectRedis } from '../src/redis/index.js';
import type { JobStore } from '../src/store/job-store.js';
import { realTiming, type Timing } from '../src/timing.js';
import { ask, record, startJobServer } from './job-server.js';

const patiently = { timeout: 20_000 };

/** A clock that runs faster than the real one, so that half a minute of patience takes seconds. */
function hastened(factor: number): Timing {
  const start = Date.now();
  const monotonicStart = performance.now();
  return {
    now: () => start + (Date.now() - start) * factor,
    monotonic: () => monotonicStart + (performance.now() - monotonicStart) * factor,
    setTimeout: (callback, ms, keepsAlive) => realTiming.setTimeout(callback, ms / factor, keepsAlive),
    clearTimeout: realTiming.clearTimeout,
  };
}

interface Database {
  connect(onError: OnError): Promise<{ readonly store: JobStore; close(): Promise<void> }>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A process whose sockets need no database: what goes on while the store is stopped is the library's own doing. */
function describeOutage(database: Database): void {
  async function following(timing: Timing) {
    const connected = await database.connect(() => {});
    const server = await startJobServer({ store: connected.store, timing });
    const ada = await server.connect('ada');
    await ask(ada, 'subscribe', { userId: 'ada' });
    const received = record(ada);
    return {
      ...server,
      codes: () => server.errors.map(({ code }) => code),
      states: (jobId: string) => received.flatMap(({ job }) => (job.jobId === jobId ? `${job.status} ${job.progress}` : [])),
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]();
        await connected.close();
      },
    };
  }

  it('in the middle of a run stops no progress; the end waits, and is stored and then told when the store is back', async () => {
    await using server = await following(realTiming);
    const result = await server.emitter.run({ jobId: 'outage', userId: 'ada' }, async (job) => {
      await database.stop();
      for (const fraction of [0.25, 0.5, 0.75]) {
        job.stage(`AT_${fraction}`, fraction);
        await vi.waitFor(() => expect(server.states('outage').at(-1)).toBe(`active ${fraction * 100}`), patiently);
      }
      await vi.waitFor(() => expect(server.codes()).toContain('STORE_FAILED'), patiently);
      return { noteId: 'n1' };
    });
    expect(result).toEqual({ noteId: 'n1' });
    expect(server.states('outage').at(-1)).toBe('active 75');
    await database.start();
    await vi.waitFor(() => expect(server.states('outage').at(-1)).toBe('completed 100'), patiently);
    const [stored] = await server.store.get(['outage']);
    expect(stored?.snapshot).toMatchObject({ status: 'completed', result: { noteId: 'n1' } });
    expect(server.states('outage').filter((state) => state.startsWith('completed'))).toHaveLength(1);
  });

  it('that never ends costs no result: run resolves, an end outside rejects after 30 s, and nothing unstored is told', async () => {
    await using server = await following(hastened(20));
    const { emitter } = server;
    await emitter.emitProgress({ jobId: 'outside', userId: 'ada', stage: 'A', progress: 1 });
    let calls = 0;
    const result = await emitter.run({ jobId: 'lost', userId: 'ada' }, async (job) => {
      calls++;
      await database.stop();
      job.report(0.5);
      return { noteId: 'n2' };
    });
    expect([result, calls]).toEqual([{ noteId: 'n2' }, 1]);
    const boom = new Error('boom');
    await expect(emitter.run({ jobId: 'begun-in-it', userId: 'ada' }, () => Promise.reject(boom))).rejects.toBe(boom);
    await expect(emitter.emitCompleted({ jobId: 'outside', userId: 'ada', result: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', jobId: 'outside' });
    await emitter.close();
    for (const jobId of ['lost', 'begun-in-it', 'outside'])
      expect(server.states(jobId).filter((state) => !state.startsWith('active'))).toEqual([]);
    expect(server.codes()).toContain('STORE_FAILED');
    expect(server.errors.filter(({ code }) => code === 'STORE_UNAVAILABLE').map(({ jobId }) => jobId)).toEqual(
      expect.arrayContaining(['lost', 'begun-in-it', 'outside']),
    );
    await database.start();
  });
}

describe('an outage of PostgreSQL', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => { server = await startPostgres(); });
  afterAll(() => server[Symbol.asyncDispose]());
  describeOutage({
    connect: async (onError) => connectPostgres({ url: (await server.createDatabase()).url, onError }),
    stop: () => server.stop(),
    start: () => server.start(),
  });
});

describeWith(['redis-server'], 'an outage of Redis', () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => { server = await startRedis({ own: true }); });
  afterAll(() => server[Symbol.asyncDispose]());
  describeOutage({
    connect: (onError) => connectRedis({ url: server.url, onError }),
    stop: () => server.kill(),
    start: () => server.start(),
  });
});
