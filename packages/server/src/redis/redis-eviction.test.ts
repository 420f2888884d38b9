import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobStore } from '../store/job-store.js';
import { begin, laterThan, newJob, stateOf, write } from '../testing/job-store-case.js';
import { forgetInRedis } from '../../tests/forget-in-redis.js';
import { jobOfItsOwn } from '../../tests/support/job-of-its-own.js';
import { ShiftedTiming } from '../../tests/shifted-timing.js';
import { RedisJobStore } from './redis-job-store.js';
import { REPLACE } from './redis-scripts.js';

const MINUTE_MS = 60_000;
const QUEUE = { queue: 'pdf', id: '1', createdAt: 1_790_000_000_000 };

/** Redis under `maxmemory-policy allkeys-*` evicts any key at any time. */
describeWith(['redis'], 'RedisJobStore, when Redis evicts', () => {
  let server: RedisServer;
  let redis: Redis;
  let stores: RedisJobStore[];
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(() => { stores = []; });
  afterEach(async () => { await Promise.all(stores.map((store) => store.close())); });

  /** Another process; its own memory of what it has listed, on a clock of its own. */
  const open = (timing?: ShiftedTiming): RedisJobStore => {
    const store = new RedisJobStore({ url: server.url, onError: () => {}, ...(timing && { timing }) });
    stores.push(store);
    return store;
  };
  const subject = () => ({ store: open(), ...jobOfItsOwn() });
  const keysOf = ({ jobId, userId }: { jobId: string; userId: string }) => ({
    record: `job-progress:${jobId}`,
    fence: `{job-progress:${jobId}}:fence`,
    'list by creation': `{job-progress-of:${userId}}:created`,
    'list by change': `{job-progress-of:${userId}}:changed`,
    'list by expiry': `{job-progress-of:${userId}}:expires`,
    'unfinished jobs': '{job-progress}:unfinished',
  });
  const KINDS = Object.keys(keysOf({ jobId: '', userId: '' })) as (keyof ReturnType<typeof keysOf>)[];
  const idsIn = async (store: JobStore, userId: string): Promise<readonly string[][]> => {
    const lists = [
      await store.listByCreation({ userId, finishedAfter: 0, limit: 1_000 }),
      await store.listChanged({ userId, changedSince: 0, limit: 1_000 }),
    ];
    return lists.map((list) => list.map(({ snapshot }) => snapshot.jobId));
  };

  describe.each(KINDS)('the %s', (kind) => {
    it('a run goes on and ends, and its owner sees that', async () => {
      const job = subject();
      const { epoch } = await begin(job, { queueJob: QUEUE });
      await write(job, stateOf(job.jobId, 'active', [1, epoch, 2], { progress: 20 }));
      await redis.del(keysOf(job)[kind]);

      const elsewhere = { ...job, store: open() };
      const [beat] = await elsewhere.store.heartbeat([{ jobId: job.jobId, epoch }]);
      expect(beat!.outcome).toBe(kind === 'record' ? 'unknown' : 'alive');
      expect(await write(elsewhere, stateOf(job.jobId, 'active', [1, epoch, 3], { progress: 30 }))).toMatchObject({ outcome: 'stored' });
      expect(await idsIn(open(), job.userId)).toEqual([[job.jobId], [job.jobId]]);
      expect(await write(job, stateOf(job.jobId, 'completed', [1, epoch, 4]))).toMatchObject({ outcome: 'stored' });
      expect((await open().get([job.jobId]))[0]?.snapshot.status).toBe('completed');
      expect(await idsIn(open(), job.userId)).toEqual([[job.jobId], [job.jobId]]);
      expect((await open().listUnfinished({ untouchedForMs: 0, limit: 10_000 })).map(({ snapshot }) => snapshot.jobId)).not.toContain(job.jobId);
    });

    it('a job that waits is begun, and is not somebody else’s', async () => {
      const job = subject();
      await job.store.insert(newJob(job));
      await redis.del(keysOf(job)[kind]);
      const stranger = `${job.userId}-else`;
      expect(await open().insert(newJob({ ...job, userId: stranger }))).toBeUndefined();
      expect(await idsIn(open(), stranger)).toEqual([[], []]);
      expect((await begin({ ...job, store: open() })).attempt).toBe(1);
      expect(await idsIn(open(), job.userId)).toEqual([[job.jobId], [job.jobId]]);
    });

    it('an ended job stays ended', async () => {
      const job = subject();
      const { epoch } = await begin(job);
      // Without a fence the term of the end says that it is later than the run, and terms are times.
      await laterThan(job, epoch);
      await write(job, stateOf(job.jobId, 'completed', [1, epoch, 2]));
      await redis.del(keysOf(job)[kind]);
      const elsewhere = { ...job, store: open() };
      expect((await write(elsewhere, stateOf(job.jobId, 'active', [1, epoch, 3]))).outcome).toBe(kind === 'fence' ? 'stale-run' : 'outdated');
      expect(await elsewhere.store.insert(newJob(job))).toMatchObject({ snapshot: { status: 'completed' } });
    });
  });

  it('a job that nobody writes to comes back into the lists of its owner when it is read', async () => {
    const job = subject();
    await job.store.insert(newJob(job));
    await redis.del(...Object.values(keysOf(job)).filter((key) => key.includes('-of:')));
    const gateway = open();
    expect(await idsIn(gateway, job.userId)).toEqual([[], []]);
    await gateway.get([job.jobId]);
    expect(await idsIn(gateway, job.userId)).toEqual([[job.jobId], [job.jobId]]);
  });

  it('a job that nobody writes to comes back for supervision when its owner’s list is read, and for its owner when supervision reads', async () => {
    const job = subject();
    await job.store.insert(newJob(job, { queueJob: { ...QUEUE, queue: job.jobId } }));
    const unfinished = async (store: JobStore) => (await store.listUnfinished({ untouchedForMs: 0, limit: 10, queue: job.jobId })).map(({ snapshot }) => snapshot.jobId);
    await redis.del('{job-progress}:unfinished');
    expect(await unfinished(open())).toEqual([]);
    await idsIn(open(), job.userId);
    expect(await unfinished(open())).toEqual([job.jobId]);
    await redis.del(`{job-progress-of:${job.userId}}:created`, `{job-progress-of:${job.userId}}:changed`);
    await unfinished(open());
    expect(await idsIn(open(), job.userId)).toEqual([[job.jobId], [job.jobId]]);
  });

  it('the process that listed a job lists it again after a minute, by its heartbeats alone', async () => {
    const timing = new ShiftedTiming();
    const job = { ...subject(), store: open(timing) };
    const { epoch } = await begin(job);
    await redis.del(...Object.values(keysOf(job)).slice(2));
    timing.shift(MINUTE_MS);
    await job.store.heartbeat([{ jobId: job.jobId, epoch }]);
    expect(await redis.zrange(keysOf(job)['list by creation'], '0', '-1')).toEqual([job.jobId]);
    expect(await redis.zscore(keysOf(job)['unfinished jobs'], job.jobId)).not.toBeNull();
  });

  it('a process that has found nothing does not overwrite a record that came meanwhile and lost its fence', async () => {
    const job = subject();
    await job.store.insert(newJob(job));
    const { record, fence } = keysOf(job);
    const before = await redis.get(record);
    await redis.del(fence);
    expect(await redis.eval(REPLACE, 2, record, fence, '', 'x'.repeat(36), '1000', '{}', '1000')).toBe(0);
    expect(await redis.get(record)).toBe(before);
  });

  it('a lease is free again', async () => {
    const { store, jobId: name } = subject();
    expect(await store.takeLease(name, 'first', MINUTE_MS)).toBe(true);
    await redis.del(`{job-progress}:lease:${name}`);
    expect(await store.takeLease(name, 'second', MINUTE_MS)).toBe(true);
    expect(await store.takeLease(name, 'first', MINUTE_MS)).toBe(false);
  });

  it('an unfinished job stays in its owner’s list, however many finished ones follow, and those leave with their records', async () => {
    const store = new RedisJobStore({ url: server.url, finishedForMs: 1, onError: () => {} });
    stores.push(store);
    const job = { ...subject(), store };
    await store.insert(newJob(job, { createdAt: '2020-01-01T00:00:00.000Z' }));
    const key = `{job-progress-of:${job.userId}}`;
    // 12,000 of which 11,800 have expired: more than one call takes out.
    const past = `${Date.now() - 1}`;
    for (let from = 0; from < 12_000; from += 1_000) {
      const ids = Array.from({ length: 1_000 }, (_, index) => `${job.jobId}-${from + index}`);
      for (const [set, score] of [['created', `${Date.now()}`], ['changed', past], ['expires', past]] as const)
        await redis.zadd(`${key}:${set}`, ...ids.flatMap((id) => [score, id]));
    }
    for (let index = 0; index < 125; index++) await store.insert(newJob({ jobId: `${job.jobId}-new-${index}`, userId: job.userId }));
    expect(await redis.zcard(`${key}:created`)).toBe(126);
    expect(await redis.zcard(`${key}:changed`)).toBe(126);
    const listed = await store.listByCreation({ userId: job.userId, finishedAfter: 0, limit: 200 });
    expect(listed.at(-1)?.snapshot.jobId).toBe(job.jobId);
  });

  it('record and fence: somebody else takes the id, and nobody’s list shows another’s', async () => {
    const job = subject();
    const { epoch } = await begin(job);
    await write(job, stateOf(job.jobId, 'completed', [1, epoch, 2]));
    await forgetInRedis(redis, [job.jobId]);
    const other = { ...job, userId: `${job.userId}-else`, store: open() };
    await other.store.insert(newJob(other, { metadata: { fileName: 'salary.pdf' } }));
    for (const store of [job.store, other.store, open()]) {
      expect(await idsIn(store, job.userId)).toEqual([[], []]);
      expect(await idsIn(store, other.userId)).toEqual([[job.jobId], [job.jobId]]);
    }
  });
});
