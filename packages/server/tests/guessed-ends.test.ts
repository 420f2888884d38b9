import { describeWith, startPostgres, startRedis, type PostgresServer, type RedisServer, type TestDatabase } from '@notes/test-kit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { EndNotStoredError, JobEventEmitterService } from '../src/emitter/index.js';
import { PostgresJobStore } from '../src/postgres/index.js';
import { RedisJobStore } from '../src/redis/index.js';
import type { JobStore } from '../src/store/job-store.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { TieredJobStore } from '../src/store/tiered-job-store.js';

describeWith(['redis'], 'the true end of a run whose end was only guessed', () => {
  let postgres: PostgresServer;
  let database: TestDatabase;
  let redis: RedisServer;
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    database = await postgres.createDatabase();
  });
  afterAll(() => Promise.all([postgres[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()]));

  const stores: Record<string, () => JobStore> = {
    memory: () => new MemoryJobStore(),
    Redis: () => new RedisJobStore({ url: redis.url }),
    PostgreSQL: () => new PostgresJobStore({ url: database.url }),
    tiers: () => new TieredJobStore({ cache: new RedisJobStore({ url: redis.url }), durable: new PostgresJobStore({ url: database.url }) }),
  };
  const cases = Object.keys(stores).flatMap((name) => ['WORKER_LOST', 'VANISHED'].map((code) => [code, name] as const));

  it.each(cases)('replaces %s as the next attempt when it is restored: %s', async (code, name) => {
    const store = stores[name]!();
    const job = { jobId: `guessed-${code}-${name}`, userId: 'ada' };
    const unstored: EndNotStoredError[] = [];
    const onError = (error: Error): void => void (error instanceof EndNotStoredError && unstored.push(error));
    const [worker, other] = [1, 2].map(() => new JobEventEmitterService({ broadcaster: { to: () => ({ emit: () => true }) }, store, supervision: false, onError })) as [JobEventEmitterService, JobEventEmitterService];
    await worker.run(job, async () => {
      await other.emitFailed({ ...job, error: { code, message: 'Nothing was heard of it.', retryable: true } });
      return 'done';
    });
    await vi.waitFor(() => expect(unstored).toHaveLength(1));
    expect(await other.restoreEnds([unstored[0]!.end])).toEqual({ stored: 1, outdated: 0, unstoredEnds: [] });
    const [record] = await store.get([job.jobId]);
    expect(record?.snapshot).toMatchObject({ status: 'completed', result: 'done' });
    expect(record?.snapshot.version[0]).toBe(2);
    await Promise.all([worker.close(), other.close()]);
    await store.close();
  });
});
