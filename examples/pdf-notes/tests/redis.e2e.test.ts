import { readFile } from 'node:fs/promises';
import { describeWith, type RedisServer, startRedis } from '@notes/test-kit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

const WITHIN = { timeout: 60_000, interval: 50 };
const SLOW = { timeout: 120_000 };

describeWith(['redis-server'], 'with Redis and PostgreSQL', () => {
  let redis: RedisServer;
  let system: System;
  let sample: Uint8Array<ArrayBuffer>;

  beforeAll(async () => {
    sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
    redis = await startRedis({ own: true });
    system = await startSystem({ REDIS_URL: redis.url, ADMIN_USERS: 'ada' });
  });

  afterAll(async () => {
    await system[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  test('a job goes through all its stages live, with the queue and the events in Redis', SLOW, async () => {
    const ada = await TestUser.signIn(system.url, 'ada');
    using watching = await Watcher.of(ada);
    const jobId = await ada.uploadPdf(sample);
    await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);
    const stages = new Set(watching.progress.map(({ stage }) => stage));
    expect([...stages]).toEqual(expect.arrayContaining(['INITIALIZING', 'DOWNLOADING', 'EXTRACTING_TEXT', 'GENERATING_NOTES', 'SAVING']));
    const board = (await (await ada.fetch('/admin/api/queues?activeQueue=pdf-notes&status=completed')).json()) as { queues: { jobs: { id: string }[] }[] };
    expect(board.queues[0]?.jobs.map(({ id }) => id)).toEqual([`${jobId}-1`]);
    expect((await system.pool.query("select to_regnamespace('bullmq') is null as absent")).rows).toEqual([{ absent: true }]);
  });

  test('Redis dies and comes back empty: the processes stay up, and what was uploaded before and meanwhile is done', SLOW, async () => {
    const bob = await TestUser.signIn(system.url, 'bob');
    using watching = await Watcher.of(bob);
    await system.worker.stop();
    const before = [await bob.uploadPdf(sample, 'before.pdf'), await bob.uploadPdf(sample, 'before.pdf', 'steps')];
    await vi.waitFor(async () => expect((await system.pool.query('select 1 from jobs where enqueued_at is null')).rows).toEqual([]), WITHIN);
    await redis.kill();
    expect((await fetch(new URL('/health', system.url))).status).toBe(200);
    expect((await fetch(new URL('/ready', system.url))).status).toBe(503);
    const meanwhile = await bob.uploadPdf(sample, 'meanwhile.pdf');
    await redis.start();
    await system.startWorker();
    await vi.waitFor(async () => expect((await fetch(new URL('/ready', system.url))).status).toBe(200), WITHIN);
    const afterwards = await bob.uploadPdf(sample, 'afterwards.pdf');
    await vi.waitFor(() => expect(watching.completed.map(({ jobId }) => jobId).toSorted()).toEqual([...before, meanwhile, afterwards].toSorted()), WITHIN);
  });

  test('an API process that is stopped while Redis is away ends in order without it, and processes that are started meanwhile work when it is back', SLOW, async () => {
    const cleo = await TestUser.signIn(system.url, 'cleo');
    await system.worker.stop();
    await redis.kill();
    const jobId = await cleo.uploadPdf(sample, 'meanwhile.pdf');
    expect(await system.stopApi()).toBe(0);

    const started: string[] = [];
    const starting = [system.startApi().then(() => started.push('API')), system.startWorker().then(() => started.push('worker'))];
    await vi.waitFor(() => expect(new Set(system.log.filter((line) => line.includes('begins its work when it answers')).map((line) => (JSON.parse(line) as { name: string }).name))).toEqual(new Set(['api', 'worker'])), WITHIN);
    expect(started).toEqual([]);
    await redis.start();
    await Promise.all(starting);
    await vi.waitFor(async () => expect(await (await cleo.fetch(`/api/jobs/${jobId}`)).json()).toMatchObject({ status: 'completed' }), WITHIN);
  });
});
