import { describeWith, startPostgres, startRedis, type PostgresServer, type RedisServer, type TestDatabase } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresJobStore } from '../src/postgres/index.js';
import { RedisJobStore } from '../src/redis/index.js';
import type { JobRecord } from '../src/store/job-record.js';
import type { JobStore } from '../src/store/job-store.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { TieredJobStore } from '../src/store/tiered-job-store.js';
import { begin, claim, newJob, SAID_AT, stateOf } from '../src/testing/job-store-case.js';
import { createRandom, type Random } from './support/random.js';
import { ShiftedTiming } from './shifted-timing.js';

const SEEDS = [1, 2];
const STEPS = 60;
const USERS = ['ada', 'bob', 'eve'];
const JOBS = ['1', '2', '3', '4'];

/** Two processes on one store, and what can be lost behind their backs. */
interface Subject {
  readonly stores: readonly [JobStore, JobStore];
  readonly lose: (random: Random, jobId: string) => Promise<void>;
}

/** Every user of `tag` uses the same few ids of `tag`, as queues do whose ids begin again. */
async function tryReusedIds({ stores, lose }: Subject, seed: number, tag: string): Promise<void> {
  const random = createRandom(seed);
  const userIds = USERS.map((user) => `${user}-${tag}`);
  const jobIds = JOBS.map((job) => `${tag}-${job}`);
  const epochs = new Map<string, number>();

  const assertOwn = (userId: string, records: readonly JobRecord[]): void => {
    expect(records.filter((record) => record.userId !== userId), `${userId} is shown somebody else's job, seed ${seed}`).toEqual([]);
  };
  const read = async (store: JobStore): Promise<void> => {
    const userId = random.pick(userIds);
    assertOwn(userId, await store.listByCreation({ userId, finishedAfter: 0, limit: random.pick([1, 10]) }));
    assertOwn(userId, await store.listChanged({ userId, changedSince: 0, limit: random.pick([1, 10]) }));
    await store.listUnfinished({ untouchedForMs: 0, limit: 5 });
    const asked = [random.pick(jobIds), random.pick(jobIds)];
    const records = await store.get(asked);
    records.forEach((record, index) => expect(record === undefined || record.snapshot.jobId === asked[index]).toBe(true));
  };
  const change = async (store: JobStore): Promise<void> => {
    const job = { store, jobId: random.pick(jobIds), userId: random.pick(userIds) };
    const epoch = epochs.get(job.jobId) ?? 1;
    const status = random.pick(['active', 'active', 'completed', 'failed'] as const);
    switch (random.below(6)) {
      case 0:
        return void (await store.insert(newJob(job)));
      case 1: {
        const start = await store.begin(claim(job, { rerun: true }));
        if (start.outcome === 'begun') epochs.set(job.jobId, start.record.snapshot.version[2]);
        return;
      }
      case 2:
        return void (await store.write([{ userId: job.userId, by: 'run', snapshot: stateOf(job.jobId, status, [1 + random.below(3), epoch, 2 + random.below(9)]) }]));
      case 3:
        return void (await store.write([{ userId: job.userId, by: 'outside', snapshot: stateOf(job.jobId, status, [1 + random.below(3), epoch, 2 + random.below(9)]) }]));
      case 4:
        return void (await store.heartbeat([{ jobId: job.jobId, epoch }]));
      case 5: {
        const result = await store.cancel(job.jobId, { silentAfterMs: 0, timestamp: SAID_AT, userId: job.userId });
        if ('record' in result) assertOwn(job.userId, [result.record]);
      }
    }
  };

  for (let step = 0; step < STEPS; step++) {
    const work = Array.from({ length: 4 }, () => (random.below(3) === 0 ? read : change)(random.pick(stores)));
    if (random.below(4) === 0) work.push(lose(random, random.pick(jobIds)));
    await Promise.all(work);
  }
  // Nothing is dead for good: each job can be done once more, and its owner sees that.
  for (const jobId of jobIds) {
    const [record] = await stores[0].get([jobId]);
    let userId = record?.userId ?? userIds[0]!;
    for (const each of userIds) if ((await stores[1].begin(claim({ jobId, userId: each }, { rerun: true }))).outcome === 'begun') userId = each;
    const job = { store: stores[0], jobId, userId };
    const { epoch, attempt } = await begin(job, { rerun: true });
    const [result] = await stores[1].write([{ userId, by: 'run', snapshot: { ...(await stores[1].get([jobId]))[0]!.snapshot, ...stateOf(jobId, 'completed', [attempt, epoch, 99]) } }]);
    expect(result!.outcome).toBe('stored');
    for (const each of userIds) {
      const listed = await stores[0].listChanged({ userId: each, changedSince: 0, limit: 100 });
      assertOwn(each, listed);
      expect(listed.filter(({ snapshot }) => snapshot.jobId === jobId && snapshot.status === 'completed')).toHaveLength(each === userId ? 1 : 0);
    }
  }
}

describe('ids that change hands: no user is shown another’s job, and no call fails', () => {
  it.each(SEEDS)('in memory, seed %i', async (seed) => {
    const timing = new ShiftedTiming();
    const store = new MemoryJobStore({ timing });
    await tryReusedIds({ stores: [store, store], lose: async (random) => timing.shift(random.pick([600_001, 86_400_001])) }, seed, `memory-${seed}`);
    await store.close();
  });
});

describeWith(['redis'], 'ids that change hands, in databases: no user is shown another’s job, and no call fails', () => {
  let postgres: PostgresServer;
  let database: TestDatabase;
  let server: RedisServer;
  let redis: Redis;
  const opened: JobStore[] = [];
  beforeAll(async () => {
    [postgres, server] = await Promise.all([startPostgres(), startRedis({ own: true })]);
    database = await postgres.createDatabase();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()));
    redis.disconnect();
    await Promise.all([postgres[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
  });

  const track = <Store extends JobStore>(store: Store): Store => {
    opened.push(store);
    return store;
  };
  const onRedis = () => track(new RedisJobStore({ url: server.url, onError: () => {} }));
  const onPostgres = () => track(new PostgresJobStore({ url: database.url, onError: () => {} }));
  const tiered = () => track(new TieredJobStore({ cache: onRedis(), durable: onPostgres(), onError: () => {} }));
  /** Any key, as eviction does, or all of one job, as expiry does. */
  const evict = async (random: Random, jobId: string): Promise<void> => {
    const keys = (await redis.keys('*')).filter((key) => key.includes(jobId.slice(0, jobId.lastIndexOf('-'))) || key.endsWith(':unfinished')).sort();
    if (random.below(2) === 0) await redis.del(`job-progress:${jobId}`, `{job-progress:${jobId}}:fence`);
    else if (keys.length > 0) await redis.del(random.pick(keys));
  };
  const prune = async (_: Random, jobId: string): Promise<void> => void (await database.query('delete from job_events_jobs where job_id = $1', [jobId]));

  it.each(SEEDS)('on Redis that evicts any key, seed %i', (seed) => tryReusedIds({ stores: [onRedis(), onRedis()], lose: evict }, seed, `redis-${seed}`));

  it.each(SEEDS)('on PostgreSQL that is pruned, seed %i', (seed) => tryReusedIds({ stores: [onPostgres(), onPostgres()], lose: prune }, seed, `postgres-${seed}`));

  it.each(SEEDS)('on both, seed %i', (seed) =>
    tryReusedIds({ stores: [tiered(), tiered()], lose: (random, jobId) => random.pick([evict, prune])(random, jobId) }, seed, `tiered-${seed}`));
});
