import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { Server, type ServerOptions } from 'socket.io';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Broadcaster } from '../src/broadcaster.js';
import { JobEventEmitterService } from '../src/emitter/index.js';
import { RedisJobStore } from '../src/redis/index.js';
import { ask, record, startJobServer } from './job-server.js';

type Adapter = NonNullable<ServerOptions['adapter']>;

// For applications whose servers are joined by one of Socket.IO's own adapters already.
describeWith(['redis-server'], 'servers joined by Socket.IO’s own adapters for Redis', () => {
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

  /** Two servers with a client of ada's each; a worker elsewhere does a job. What both clients hear is compared. */
  async function hearAWorker(adapter: () => Adapter, broadcaster: () => Broadcaster): Promise<void> {
    const start = () => startJobServer({ store: new RedisJobStore({ client: client() }) }, { adapter: adapter() });
    await using first = await start();
    await using second = await start();
    const heard = await Promise.all([first, second].map(async ({ connect }) => {
      const socket = await connect('ada');
      expect(await ask(socket, 'subscribe', { subscriptions: [{ userId: 'ada' }, { jobId: 'job-1' }] })).toMatchObject({ ok: true });
      return record(socket);
    }));
    await vi.waitFor(async () => expect(await first.io.of('/jobs').adapter.serverCount()).toBeGreaterThanOrEqual(2), { timeout: 10_000 });

    const store = new RedisJobStore({ client: client() });
    const emitter = new JobEventEmitterService({ broadcaster: broadcaster(), store });
    await emitter.run({ jobId: 'job-1', userId: 'ada' }, async (job) => {
      job.stage('DOWNLOADING');
      return { noteId: 'n-1' };
    });

    const expected = [['job:progress', 'active'], ['job:progress', 'active'], ['job:completed', 'completed']];
    await vi.waitFor(() => {
      for (const events of heard) expect(events.map(({ event, job }) => [event, job.status])).toEqual(expected);
    }, { timeout: 10_000 });
    await emitter.close();
    await store.close();
    await client().flushall();
  }

  it('hear a worker that broadcasts by @socket.io/redis-emitter, once each', () =>
    hearAWorker(() => createAdapter(client(), client()), () => new Emitter(client()).of('/jobs')));

  it.each([
    ['@socket.io/redis-adapter', () => createAdapter(client(), client())],
    ['the sharded kind of it', () => createShardedAdapter(client(), client())],
    ['@socket.io/redis-streams-adapter', () => createStreamsAdapter(client())],
  ])('joined by %s, let nobody in by an answer from before his revoke on the other one', async (_name, adapter: () => Adapter) => {
    let answer: (() => void) | undefined;
    const authenticate = async ({ token = '' }: { token?: string | undefined }) => {
      if (token === 'slow') await new Promise<void>((resolve) => (answer = resolve));
      return { userId: 'ada' };
    };
    await using first = await startJobServer({ authenticate }, { adapter: adapter() });
    await using second = await startJobServer({ authenticate }, { adapter: adapter() });
    const [here, there] = [first, second].map(({ io }) => io.of('/jobs'));
    let told = 0;
    there!.on('told', () => told++);
    await vi.waitFor(() => {
      here!.serverSideEmit('told');
      expect(told).toBeGreaterThan(0);
    }, { timeout: 10_000 });
    const connecting = second.connect('slow');
    const refused = expect(connecting).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
    await vi.waitFor(() => expect(answer).toBeDefined());
    first.jobEvents.revoke({ userId: 'ada' });
    const before = told;
    await vi.waitFor(() => {
      here!.serverSideEmit('told');
      expect(told).toBeGreaterThan(before + 1);
    });
    answer!();
    await refused;
    expect((await second.connect('quick')).connected).toBe(true);
  });

  it('hear a worker with the Streams adapter on a server that listens nowhere, once each', () =>
    hearAWorker(() => createStreamsAdapter(client()), () => new Server({ adapter: createStreamsAdapter(client()) }).of('/jobs')));
});
