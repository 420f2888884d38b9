import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeWith, startRedis } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { createClient } from 'redis';
import { createClient as createClient5 } from 'redis-5';
import { Server } from 'socket.io';
import { afterEach, expect, it, vi } from 'vitest';
import { createJobEvents, JobEventEmitterService } from '../src/index.js';
import { connectRedis, type RedisLocation } from '../src/redis/index.js';
import { silent } from './job-server.js';
import { documentedAclCommand } from './support/documented-redis-user.js';
import { watchJobs } from './support/watching-client.js';

type Open = (url: string) => Promise<RedisLocation>;

describeWith(['redis-server'], 'a Redis user with the permissions of docs/processes.md', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

  const openIoRedis = (open: (url: string) => Redis | Redis5): Open => async (url) => {
    const client = open(url);
    cleanups.push(() => client.disconnect());
    return { client };
  };
  const openNodeRedis = (create: typeof createClient): Open => async (url) => {
    const client = create({ url });
    client.on('error', () => {});
    await client.connect();
    cleanups.push(() => client.destroy());
    return { client };
  };

  it.each<[string, Open, string | undefined]>([
    ['a url', async (url) => ({ url }), undefined],
    ['a url and a keyPrefix', async (url) => ({ url }), 'shop'],
    ['a client of ioredis 6', openIoRedis((url) => new Redis(url)), undefined],
    ['a client of ioredis 5', openIoRedis((url) => new Redis5(url)), undefined],
    ['a client of redis 6', openNodeRedis(createClient), undefined],
    ['a client of redis 5', openNodeRedis(createClient5 as never), undefined],
  ])('runs the whole wiring by %s, and is denied nothing', async (_how, open, keyPrefix) => {
    const server = await startRedis({ own: true });
    const admin = new Redis(server.url);
    cleanups.push(() => server[Symbol.asyncDispose](), () => admin.disconnect());
    const [acl, ...args] = documentedAclCommand('server', keyPrefix);
    await admin.call(acl!, ...args);
    const url = `redis://app:secret@127.0.0.1:${new URL(server.url).port}`;

    const errors: string[] = [];
    const onError = ({ code, message }: { code: string; message: string }): void => void errors.push(`${code} ${message}`);
    const connect = async () => {
      const connected = await connectRedis({ ...(await open(url)), ...(keyPrefix !== undefined && { keyPrefix }), onError });
      cleanups.push(() => connected.close());
      return connected;
    };
    const startGateway = async () => {
      const { adapter, store } = await connect();
      const http = createServer();
      const io = new Server(http, { adapter, maxHttpBufferSize: 100_000 });
      const jobEvents = createJobEvents(io, { authenticate: ({ token }) => (token === undefined ? null : { userId: token }), authorize: () => true, store, onError, logger: silent });
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
      cleanups.push(() => io.close(), () => jobEvents.close());
      return { jobEvents, io, origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
    };
    const [here, there] = [await startGateway(), await startGateway()];
    const client = watchJobs(there.origin, 'ada');
    cleanups.push(() => client[Symbol.dispose]());
    await vi.waitFor(async () => expect((await here.io.of('/jobs').fetchSockets()).length).toBe(1), { timeout: 10_000 });
    const worker = await connect();
    const emitter = new JobEventEmitterService({ broadcaster: worker.broadcaster, store: worker.store, onError });
    cleanups.push(() => emitter.close());
    await emitter.emitQueued({ jobId: 'waits', userId: 'ada' });
    await emitter.run({ jobId: 'runs', userId: 'ada' }, async (job) => job.stage('HALF', 0.5));
    await vi.waitFor(() => expect([client.jobs.get('waits')?.status, client.jobs.get('runs')?.status]).toEqual(['queued', 'completed']), { timeout: 10_000 });
    await worker.store.listUnfinished({ untouchedForMs: 0, limit: 10 });
    await worker.store.listByCreation({ userId: 'ada', finishedAfter: 0, limit: 10 });
    await worker.store.takeLease('supervision', 'me', 1_000);
    here.jobEvents.revoke({ userId: 'bob' });

    expect(errors).toEqual([]);
    expect(await admin.call('ACL', 'LOG')).toEqual([]);
    expect((await admin.keys('*')).length).toBeGreaterThan(4);
  });
});
