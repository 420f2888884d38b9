import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { createAdapter } from '@socket.io/redis-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { JobEventEmitterService } from '../src/emitter/index.js';
import { RedisJobStore } from '../src/redis/index.js';
import { ask, record, startJobServer } from './job-server.js';

// For applications whose servers are joined by Socket.IO's own adapter already.
describeWith(['redis-server'], 'a worker that broadcasts by @socket.io/redis-emitter', () => {
  let server: RedisServer;
  const clients: Redis[] = [];
  const client = (): Redis => {
    const opened = new Redis(server.url).on('error', () => {});
    clients.push(opened);
    return opened;
  };
  beforeAll(async () => { server = await startRedis({ own: true }); });
  afterEach(() => { for (const opened of clients.splice(0)) opened.disconnect(); });
  afterAll(() => server[Symbol.asyncDispose]());

  it('reaches the sockets of two servers with @socket.io/redis-adapter, once each', async () => {
    const start = () => startJobServer({ store: new RedisJobStore({ client: client() }) }, { adapter: createAdapter(client(), client()) });
    await using first = await start();
    await using second = await start();
    const heard = await Promise.all([first, second].map(async ({ connect }) => {
      const socket = await connect('ada');
      expect(await ask(socket, 'subscribe', { subscriptions: [{ userId: 'ada' }, { jobId: 'job-1' }] })).toMatchObject({ ok: true });
      return record(socket);
    }));
    await vi.waitFor(async () => expect(await first.io.of('/jobs').adapter.serverCount()).toBe(2), { timeout: 10_000 });

    const store = new RedisJobStore({ client: client() });
    const emitter = new JobEventEmitterService({ broadcaster: new Emitter(client()).of('/jobs'), store });
    await emitter.run({ jobId: 'job-1', userId: 'ada' }, async (job) => {
      job.stage('DOWNLOADING');
      return { noteId: 'n-1' };
    });

    const expected = [['job:progress', 'active'], ['job:progress', 'active'], ['job:completed', 'completed']];
    await vi.waitFor(() => {
      for (const events of heard) expect(events.map(({ event, job }) => [event, job.status])).toEqual(expected);
    }, { timeout: 5_000 });
    await emitter.close();
    await store.close();
  });
});
