import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { begin, newJob, shown, stateOf, write } from '../testing/job-store-case.js';
import { jobStoreCases } from '../testing/job-store-cases.js';
import type { JobStoreCase } from '../testing/job-store-case.js';
import { forgetInRedis } from '../../tests/forget-in-redis.js';
import { jobOfItsOwn } from '../../tests/support/job-of-its-own.js';
import type { NodeRedisClient } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';
import { RedisJobStore } from './redis-job-store.js';
import { RANGE } from './redis-scripts.js';

describeWith(['redis'], 'RedisJobStore', () => {
  let server: RedisServer;
  const cleanups: (() => unknown)[] = [];
  let admin: Redis;
  beforeAll(async () => {
    server = await startRedis();
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup();
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });
  const forget = (jobIds: readonly string[]) => forgetInRedis(admin, jobIds);

  const track = (store: RedisJobStore): RedisJobStore => {
    cleanups.push(() => store.close());
    return store;
  };

  /** Closes the stores, so that a client that many of them share in turn has listeners of one. */
  const closing = (run: JobStoreCase['run'], open: () => RedisJobStore) => async () => {
    const stores: RedisJobStore[] = [];
    await run(() => stores[stores.push(open()) - 1]!, { forget });
    for (const store of stores) await store.close();
  };

  it('decides the other jobs of a batch where the node of one refuses it, as one of a cluster that is full', async () => {
    let full: string | undefined;
    const store = track(new RedisJobStore({
      connection: {
        command: async (name = '', ...args) => {
          if (full !== undefined && args.some((arg) => arg.includes(full!))) throw new Error("OOM command not allowed when used memory > 'maxmemory'.");
          return admin.call(name, ...args);
        },
      },
    }));
    const jobs = Array.from({ length: 3 }, () => ({ store, ...jobOfItsOwn() }));
    const runs = await Promise.all(jobs.map((job) => begin(job)));
    full = jobs[1]!.jobId;
    const beats = await store.heartbeat(jobs.map(({ jobId }, index) => ({ jobId, epoch: runs[index]!.epoch })));
    expect(beats.map(({ outcome }) => outcome)).toEqual(['alive', 'failed', 'alive']);
    const written = await store.write(jobs.map(({ jobId, userId }, index) => ({ userId, by: 'run', snapshot: stateOf(jobId, 'completed', [1, runs[index]!.epoch, 2]) })));
    expect(written).toMatchObject([{ outcome: 'stored' }, { outcome: 'failed', cause: { code: 'STORE_FAILED' } }, { outcome: 'stored' }]);
    const refused = { jobId: jobs[1]!.jobId, cause: expect.objectContaining({ code: 'STORE_FAILED' }) as unknown };
    expect(await store.mirror(runs.map(({ record }) => ({ ...record, snapshot: { ...record.snapshot, version: [9, 0, 9, 9] } })))).toEqual([refused]);
    await expect(store.takeEpoch(jobs[1]!.jobId)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    full = undefined;
    expect(await write(jobs[1]!, stateOf(jobs[1]!.jobId, 'completed', [1, runs[1]!.epoch, 2]))).toMatchObject({ outcome: 'stored' });
  });

  describe('conforms, by its own connection', () => {
    for (const { title, run } of jobStoreCases) it(title, () => run(() => track(new RedisJobStore({ url: server.url, onError: () => {} })), { forget }));
  });

  describe('conforms, with a client of ioredis', () => {
    const clients: Redis[] = [];
    beforeAll(() => {
      for (const client of [new Redis(server.url), new Redis(server.url)]) {
        clients.push(client);
        cleanups.push(() => client.disconnect());
      }
    });
    let next = 0;
    for (const { title, run } of jobStoreCases) it(title, closing(run, () => new RedisJobStore({ client: clients[next++ % 2]! })));
  });

  describe('conforms, with a client of redis', () => {
    const clients: NodeRedisClient[] = [];
    beforeAll(async () => {
      for (const client of [createClient({ url: server.url }), createClient({ url: server.url })]) {
        clients.push(client);
        await client.connect();
        cleanups.push(() => client.destroy());
      }
    });
    let next = 0;
    for (const { title, run } of jobStoreCases) it(title, closing(run, () => new RedisJobStore({ client: clients[next++ % 2]! })));
  });

  it('lists what changed without a gap, though jobs that are read change meanwhile', async () => {
    const redis = new Redis(server.url);
    cleanups.push(() => redis.disconnect());
    const userId = `busy-${Math.random()}`;
    let parts = 0;
    /** The first job of the list changes as soon as the first part of the list has been read. */
    const connection: RedisConnection = {
      command: async (...args) => {
        const [name, ...rest] = args;
        const answer = await redis.call(name!, ...rest);
        if (args[1] === RANGE && args[4] === 'ZRANGEBYSCORE' && ++parts === 1) await redis.zadd(args[3]!, `${Date.now() + 60_000}`, (answer as string[])[0]!);
        return answer;
      },
    };
    const store = track(new RedisJobStore({ connection }));
    const jobIds = Array.from({ length: 230 }, (_, index) => `${userId}-${index}`);
    await Promise.all(jobIds.map((jobId) => store.insert(newJob({ jobId, userId }))));
    const listed = await store.listChanged({ userId, changedSince: 0, limit: 220 });
    const inOrder = await redis.zrange(`{job-progress-of:${userId}}:changed`, '0', '-1');
    expect(parts).toBe(2);
    // All but the one that has moved to the end of the list.
    expect(listed.map(({ snapshot }) => snapshot.jobId).slice(1)).toEqual(inOrder.slice(0, 219));
  });

  it('keeps the record under job-progress:{jobId}, finished jobs for 10 minutes, and the fence for a day in the same slot', async () => {
    const store = track(new RedisJobStore({ url: server.url, onError: () => {} }));
    const job = { store, jobId: `keys-${Math.random()}`, userId: 'ada' };
    const redis = new Redis(server.url);
    cleanups.push(() => redis.disconnect());
    const { epoch } = await begin(job);
    expect(await redis.pttl(`job-progress:${job.jobId}`)).toBeGreaterThan(86_000_000);
    await write(job, stateOf(job.jobId, 'completed', [1, epoch, 2]));
    const record = await redis.pttl(`job-progress:${job.jobId}`);
    expect([record > 590_000, record <= 600_000]).toEqual([true, true]);
    expect(await redis.pttl(`{job-progress:${job.jobId}}:fence`)).toBeGreaterThan(86_000_000);
  });

  it('lets another process have a lease from before the clock of Redis was set back', async () => {
    const store = track(new RedisJobStore({ url: server.url, onError: () => {} }));
    const name = `set-back-${Math.random()}`;
    expect(await store.takeLease(name, 'dead', 30_000)).toBe(true);
    await admin.pexpire(`{job-progress}:lease:${name}`, 3_600_000);
    expect(await store.takeLease(name, 'living', 0)).toBe(false);
    expect(await store.takeLease(name, 'living', 30_000)).toBe(true);
    expect(await store.takeLease(name, 'dead', 30_000)).toBe(false);
  });

  it('lists a silent run from before the clock of Redis was set back, and puts the entry of a living one right', async () => {
    const store = track(new RedisJobStore({ url: server.url, onError: () => {} }));
    const jobs = ['silent', 'living'].map((name) => ({ store, jobId: `${name}-${Math.random()}`, userId: 'ada' }));
    const [silent] = jobs;
    for (const job of jobs) await begin(job);
    const ahead = Date.now() + 3_600_000;
    const record = await shown(silent!);
    await admin.set(`job-progress:${silent!.jobId}`, JSON.stringify({ ...record, run: { ...record.run, aliveAt: ahead } }));
    for (const { jobId } of jobs) await admin.zadd('{job-progress}:held', ahead, jobId);
    const listed = (await store.listUnfinished({ held: true, untouchedForMs: 30_000, limit: 1_000 })).map(({ snapshot }) => snapshot.jobId);
    expect(jobs.map(({ jobId }) => listed.includes(jobId))).toEqual([true, false]);
    expect(Number(await admin.zscore('{job-progress}:held', jobs[1]!.jobId))).toBeLessThan(ahead - 3_000_000);
  });

  it('does not bring an ended job back to life when its record has expired', async () => {
    const store = track(new RedisJobStore({ url: server.url, onError: () => {} }));
    const job = { store, jobId: `expired-${Math.random()}`, userId: 'ada' };
    const redis = new Redis(server.url);
    cleanups.push(() => redis.disconnect());
    const { epoch } = await begin(job);
    await write(job, stateOf(job.jobId, 'completed', [1, epoch, 2]));
    await redis.del(`job-progress:${job.jobId}`);
    expect(await store.insert(newJob(job))).toMatchObject({ snapshot: { status: 'completed' } });
    expect(await write(job, stateOf(job.jobId, 'active', [1, epoch, 3]))).toMatchObject({ outcome: 'outdated' });
    expect(await store.get([job.jobId])).toEqual([undefined]);
    expect(await store.listByCreation({ userId: 'ada', finishedAfter: 0, limit: 1_000 })).not.toContainEqual(expect.objectContaining({ snapshot: expect.objectContaining({ jobId: job.jobId }) }));
    expect((await begin(job)).attempt).toBe(2);
  });

  it('goes on with a run that Redis has forgotten', async () => {
    const store = track(new RedisJobStore({ url: server.url, onError: () => {} }));
    const job = { store, jobId: `forgotten-${Math.random()}`, userId: 'ada' };
    const redis = new Redis(server.url);
    cleanups.push(() => redis.disconnect());
    const { epoch } = await begin(job);
    await redis.del(`job-progress:${job.jobId}`, `{job-progress:${job.jobId}}:fence`);
    expect(await store.heartbeat([{ jobId: job.jobId, epoch }])).toEqual([{ outcome: 'unknown' }]);
    expect(await write(job, stateOf(job.jobId, 'active', [1, epoch, 2]))).toMatchObject({ outcome: 'stored' });
    expect((await shown(job)).run?.epoch).toBe(epoch);
  });

  it('opens by itself when Redis comes later, and again when it was away', async () => {
    await using own = await startRedis({ own: true });
    await own.kill();
    const errors: string[] = [];
    const store = track(new RedisJobStore({ url: own.url, onError: ({ code }) => errors.push(code) }));
    await expect(store.now()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    for (let round = 0; round < 2; round++) {
      await own.start();
      await vi.waitFor(() => store.now(), { timeout: 15_000 });
      await own.kill();
      await expect(store.now()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    }
    expect(errors).toEqual(['CONNECTION_LOST', 'CONNECTION_RESTORED', 'CONNECTION_LOST', 'CONNECTION_RESTORED', 'CONNECTION_LOST']);
  });

  it('says why it rejects', async () => {
    const store = track(new RedisJobStore({ url: 'redis://127.0.0.1:1', onError: () => {} }));
    await expect(store.get(['job'])).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
