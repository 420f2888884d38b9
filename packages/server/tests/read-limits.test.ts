import { describe, expect, it } from 'vitest';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ManualTiming } from './manual-timing.js';
import { ask, startJobServer } from './job-server.js';

/** Counts the jobs that are read, by id and in lists. */
class CountingStore extends MemoryJobStore {
  reads = 0;
  override async get(jobIds: readonly string[]) {
    this.reads += jobIds.length;
    return super.get(jobIds);
  }
  override async listByCreation(query: Parameters<MemoryJobStore['listByCreation']>[0]) {
    const records = await super.listByCreation(query);
    this.reads += records.length;
    return records;
  }
  override async listChanged(query: Parameters<MemoryJobStore['listChanged']>[0]) {
    const records = await super.listChanged(query);
    this.reads += records.length;
    return records;
  }
}

async function startWithJobs(count: number) {
  const timing = new ManualTiming();
  const store = new CountingStore({ timing });
  const server = await startJobServer({ timing, store });
  const jobIds = Array.from({ length: count }, (_, index) => `job-${index}`);
  const jobs = [];
  for (const jobId of jobIds) {
    const record = await store.insert({ jobId, userId: 'alice', createdAt: new Date(timing.now()).toISOString() });
    jobs.push({ jobId, version: record!.snapshot.version });
  }
  return { server, store, timing, jobIds, jobs };
}

describe('what a client makes the server read', () => {
  it('is limited however few requests ask for it, and the answer says how long to wait', async () => {
    const { server, store, timing, jobs } = await startWithJobs(200);
    await using _ = server;
    const socket = await server.connect('alice');
    for (let second = 0; second < 10; second++) {
      for (let count = 0; count < 20; count++) await ask(socket, 'sync', { jobs });
      timing.advance(1_000);
    }
    // 40,000 were asked for in 10 s. The one that is let through while little is left may exceed it.
    expect(store.reads).toBeLessThanOrEqual(3_000 + 10 * 300 + 200);
    while ((await ask(socket, 'sync', { jobs })).ok);
    const { error } = await ask(socket, 'sync', { jobs });
    expect(error).toEqual({ code: 'RATE_LIMITED', message: expect.any(String), retryAfterMs: expect.any(Number) });
    timing.advance(error.retryAfterMs);
    expect(await ask(socket, 'sync', { jobs })).toMatchObject({ ok: true });
    expect(socket.connected).toBe(true);
  });

  it('counts a subscribe, a cancel, and each job of a list', async () => {
    const { server, jobIds } = await startWithJobs(150);
    await using _ = server;
    for (const [payload, times] of [
      [{ subscriptions: jobIds.slice(0, 100).map((jobId) => ({ jobId })) }, 15],
      [{ userId: 'alice' }, 20],
    ] as const) {
      const socket = await server.connect('alice');
      let answered = 0;
      while ((await ask(socket, 'subscribe', payload)).ok) answered++;
      expect(answered).toBe(times);
      expect(await ask(socket, 'cancel', { jobId: 'job-1' })).toMatchObject({ error: { code: 'RATE_LIMITED' } });
    }
  });

  it('counts what the store reads for a cursor that a client made up, also where the answer is small', async () => {
    const { server, store, timing } = await startWithJobs(2_000);
    await using _ = server;
    const socket = await server.connect('alice');
    await ask(socket, 'subscribe', { userId: 'alice' });
    store.reads = 0;
    // All jobs changed in one millisecond, and a part of them is never read alone.
    const cursor = Buffer.from(JSON.stringify([1, timing.now(), 'job-0', 0, 0])).toString('base64url');
    for (let count = 0; count < 20; count++) await ask(socket, 'sync', { jobs: [], cursor });
    expect(store.reads).toBeLessThanOrEqual(3_000 + 202 + 808 + 2_000);
  });

  it('is limited over HTTP for each user alone, with Retry-After', async () => {
    const { server, store, timing, jobIds } = await startWithJobs(200);
    await using _ = server;
    const poll = (userId: string) => server.request(`/api/jobs?ids=${jobIds.join(',')}`, userId);
    let answer = await poll('alice');
    for (let count = 0; count < 20 && answer.status === 200; count++) answer = await poll('alice');
    expect([answer.status, await answer.json()]).toMatchObject([429, { code: 'RATE_LIMITED' }]);
    expect(store.reads).toBe(3_000);
    expect((await poll('bob')).status).toBe(200);
    timing.advance(Number(answer.headers.get('retry-after')) * 1_000);
    expect((await poll('alice')).status).toBe(200);
  });

  it('is never too much for a client with 200 jobs that connects anew and syncs at its pace', async () => {
    const { server, timing, jobIds, jobs } = await startWithJobs(200);
    await using _ = server;
    const subscriptions = [{ userId: 'alice' }, ...jobIds.slice(0, 99).map((jobId) => ({ jobId }))];
    for (let connection = 0; connection < 3; connection++) {
      const socket = await server.connect('alice');
      let answer = await ask(socket, 'subscribe', { subscriptions });
      timing.advance(1_000);
      for (let count = 0; count < 30; count++) {
        do answer = await ask(socket, 'sync', { jobs, cursor: answer.cursor });
        while (answer.more);
        expect(answer).toMatchObject({ ok: true });
        timing.advance(8_000);
      }
      socket.disconnect();
    }
    for (let count = 0; count < 30; count++) {
      for (const path of ['?cursor=', `?ids=${jobIds.slice(0, 100).join(',')}`, `?ids=${jobIds.slice(100).join(',')}`])
        expect((await server.request(`/api/jobs${path}`, 'alice')).status).toBe(200);
      timing.advance(2_000);
    }
  });
});
