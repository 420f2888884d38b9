import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobStore } from '../store/job-store.js';
import { begin, newJob, stateOf, write } from '../testing/job-store-case.js';
import { jobOfItsOwn } from '../../tests/support/job-of-its-own.js';
import { RedisJobStore } from './redis-job-store.js';
import { LIST, LIST_UNFINISHED, REPLACE, UNLIST_UNFINISHED } from './redis-scripts.js';

const INDEX_SCRIPTS = [LIST, LIST_UNFINISHED, UNLIST_UNFINISHED];
const QUEUE = { id: '1', createdAt: 1_790_000_000_000 };

/** A record and its entries are written by two commands. */
describeWith(['redis'], 'the entries of RedisJobStore', () => {
  let server: RedisServer;
  let redis: Redis;
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
  });

  /** A process whose connection is lost now and then: before the entries are written, or before the answer that the record is stored. */
  function open() {
    let failing: 'nothing' | 'entries' | 'answer' = 'nothing';
    const entriesWritten: string[] = [];
    const store: JobStore = new RedisJobStore({
      connection: {
        command: async (name = '', ...args) => {
          const isEntry = INDEX_SCRIPTS.includes(args[0]!);
          if (failing === 'entries' && isEntry) throw new Error('lost');
          const answer = await redis.call(name, ...args);
          if (isEntry) entriesWritten.push(args[0]!);
          if (failing === 'answer' && args[0] === REPLACE) throw new Error('lost');
          return answer;
        },
      },
    });
    const losing = async (what: 'entries' | 'answer', call: () => Promise<unknown>): Promise<void> => {
      failing = what;
      await expect(call()).rejects.toMatchObject({ code: 'STORE_FAILED' });
      failing = 'nothing';
    };
    return { store, losing, entriesWritten };
  }
  const subject = () => {
    const job = jobOfItsOwn();
    return { ...job, queueJob: { ...QUEUE, queue: job.jobId } };
  };
  const listed = async ({ userId }: { userId: string }): Promise<string[][]> => {
    const lists = await Promise.all([
      open().store.listByCreation({ userId, finishedAfter: 0, limit: 10 }),
      open().store.listChanged({ userId, changedSince: 0, limit: 10 }),
    ]);
    return lists.map((list) => list.map(({ snapshot }) => `${snapshot.jobId} ${snapshot.status}`));
  };
  const unfinished = async ({ queueJob: { queue } }: { queueJob: { queue: string } }): Promise<string[]> =>
    (await open().store.listUnfinished({ untouchedForMs: 0, limit: 10, queue })).map(({ snapshot }) => snapshot.jobId);

  for (const lost of ['entries', 'answer'] as const) {
    it(`are written by the call that is repeated, where the ${lost} of a new job were lost`, async () => {
      const job = subject();
      const { store, losing } = open();
      await losing(lost, () => store.insert(newJob(job, { queueJob: job.queueJob })));
      expect(await listed(job)).toEqual([[], []]);
      await store.insert(newJob(job, { queueJob: job.queueJob }));
      expect(await listed(job)).toEqual([[`${job.jobId} queued`], [`${job.jobId} queued`]]);
      expect(await unfinished(job)).toEqual([job.jobId]);
    });

    it(`are written by the call that is repeated, where the ${lost} of an end were lost that nothing was heard of before`, async () => {
      const job = subject();
      const { store, losing } = open();
      const { epoch } = await store.takeEpoch(job.jobId);
      const end = () => write({ store, ...job }, stateOf(job.jobId, 'completed', [1, epoch, 2]));
      await losing(lost, end);
      expect(await listed(job)).toEqual([[], []]);
      await end();
      expect(await listed(job)).toEqual([[`${job.jobId} completed`], [`${job.jobId} completed`]]);
    });

    it(`of an end are written by whoever reads it by its id, where its ${lost} were lost with the process`, async () => {
      const job = subject();
      const { store, losing } = open();
      const { epoch } = await store.takeEpoch(job.jobId);
      await losing(lost, () => write({ store, ...job }, stateOf(job.jobId, 'completed', [1, epoch, 2])));
      await open().store.get([job.jobId]);
      expect(await listed(job)).toEqual([[`${job.jobId} completed`], [`${job.jobId} completed`]]);
    });

    it(`of an end whose ${lost} were lost are found by a reader that has gone further`, async () => {
      const job = subject();
      const { store, losing } = open();
      const { epoch } = await begin({ store, ...job });
      const end = () => write({ store, ...job }, stateOf(job.jobId, 'completed', [1, epoch, 2]));
      await losing(lost, end);
      await new Promise((resolve) => setTimeout(resolve, 2));
      const cursor = await store.now();
      await end();
      const changed = await open().store.listChanged({ userId: job.userId, changedSince: cursor, limit: 10 });
      expect(changed.map(({ snapshot }) => snapshot.status)).toEqual(['completed']);
      expect(await unfinished(job)).toEqual([]);
    });
  }

  it('of a run that begins after another process has ended the last one are written within the same minute', async () => {
    const job = subject();
    const here = { ...job, store: open().store };
    const there = { ...job, store: open().store };
    const { epoch } = await begin(here, { queueJob: job.queueJob });
    await write(there, stateOf(job.jobId, 'failed', [1, epoch, 2]));
    expect(await unfinished(job)).toEqual([]);
    await begin(here, { attempt: 2, queueJob: job.queueJob });
    expect(await unfinished(job)).toEqual([job.jobId]);
  });

  it('are written once for a state, however often it is read: neither lists nor questions about an ended job write', async () => {
    const job = subject();
    const { store, entriesWritten } = open();
    const { epoch } = await begin({ store, ...job });
    await write({ store, ...job }, stateOf(job.jobId, 'active', [1, epoch, 2], { progress: 20 }));
    await write({ store, ...job }, stateOf(job.jobId, 'completed', [1, epoch, 3]));
    expect(entriesWritten.filter((script) => script === LIST)).toHaveLength(3);
    const { length } = entriesWritten;
    for (let round = 0; round < 3; round++) {
      await store.get([job.jobId]);
      await store.listByCreation({ userId: job.userId, finishedAfter: 0, limit: 10 });
      await store.insert(newJob(job));
    }
    expect(entriesWritten).toHaveLength(length);
  });
});
