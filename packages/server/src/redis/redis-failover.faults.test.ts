import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../../tests/support/tcp-proxy.js';
import type { JobEventsServerError } from '../server-errors.js';
import { newJob } from '../testing/job-store-case.js';
import { connectRedis, type RedisConnected } from './connect-redis.js';
import { RedisJobStore } from './redis-job-store.js';
import type { RedisLocation } from './redis-location.js';

const portOf = (server: RedisServer): number => Number(new URL(server.url).port);

describeWith(['redis-server'], 'connections that come back', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

  async function startServer(): Promise<{ server: RedisServer; admin: Redis }> {
    const server = await startRedis({ own: true, args: ['--repl-diskless-sync-delay', '0'] });
    const admin = new Redis(server.url).on('error', () => {});
    cleanups.push(() => server[Symbol.asyncDispose](), () => admin.disconnect());
    return { server, admin };
  }

  async function startProxy(port: number): Promise<TcpProxy> {
    const proxy = await startTcpProxy(port);
    cleanups.push(() => proxy[Symbol.asyncDispose]());
    return proxy;
  }

  /** Two servers, the second a replica of the first, behind one address. */
  async function startPair() {
    const first = await startServer();
    const second = await startServer();
    await second.admin.replicaof('127.0.0.1', portOf(first.server));
    await vi.waitFor(async () => expect(await second.admin.info('replication')).toContain('master_link_status:up'), { timeout: 10_000 });
    const address = await startProxy(portOf(first.server));
    return { first, second, address };
  }

  const locations: [string, (url: string) => Promise<RedisLocation>][] = [
    ['a url', async (url) => ({ url })],
    ['a client of ioredis', async (url) => {
      const client = new Redis(url);
      cleanups.push(() => client.disconnect());
      return { client };
    }],
    ['a client of redis', async (url) => {
      const client = createClient({ url });
      client.on('error', () => {});
      await client.connect();
      cleanups.push(() => client.destroy());
      return { client };
    }],
  ];

  async function connect(location: RedisLocation, heard?: unknown[]) {
    const reports: string[] = [];
    const onError = ({ code, connection }: JobEventsServerError): void => void reports.push(connection === undefined ? code : `${code} ${connection}`);
    const connected = await connectRedis({ ...location, onError });
    cleanups.push(() => connected.close({ timeoutMs: 500 }));
    if (heard !== undefined) listen(connected, heard);
    return { ...connected, reports, reportsOf: (connection: string) => reports.filter((report) => report.endsWith(connection)).map((report) => report.split(' ')[0]) };
  }

  /** A node whose sockets' events are heard, as the adapter delivers them. */
  function listen({ adapter }: RedisConnected, heard: unknown[]): void {
    const io = new Server(createServer(), { adapter });
    io.of('/jobs').on('event', (value: unknown) => heard.push(value));
    cleanups.push(() => io.close());
  }

  const send = ({ adapter }: RedisConnected) => {
    const io = new Server(createServer(), { adapter });
    const jobs = io.of('/jobs');
    cleanups.push(() => io.close());
    return (value: unknown): void => void jobs.serverSideEmit('event', value);
  };

  describe.each(locations)('by %s', (_name, locate) => {
    it('leaves a primary that has become a replica, for commands and for the stream, and reports it once', async () => {
      const { first, second, address } = await startPair();
      const heard: unknown[] = [];
      const gateway = await connect(await locate(`redis://127.0.0.1:${address.port}`), heard);
      const worker = await connect(await locate(`redis://127.0.0.1:${address.port}`));
      await gateway.store.insert(newJob({ jobId: 'before', userId: 'ada' }));
      await worker.store.insert(newJob({ jobId: 'before-too', userId: 'ada' }));
      const emit = send(worker);
      await vi.waitFor(() => {
        emit('ready');
        expect(heard).toContain('ready');
      }, { timeout: 10_000, interval: 200 });

      await second.admin.replicaof('NO', 'ONE');
      await first.admin.replicaof('127.0.0.1', portOf(second.server));
      address.pointTo(portOf(second.server));
      emit('during');
      for (const [index, { store }] of [gateway, worker].entries()) await vi.waitFor(() => store.insert(newJob({ jobId: `after-${index}`, userId: 'ada' })), { timeout: 10_000 });
      emit('after');
      await vi.waitFor(() => expect(heard.slice(-2)).toEqual(['during', 'after']), { timeout: 10_000 });
      expect(await second.admin.exists('job-progress:after-0', 'job-progress:after-1')).toBe(2);
      await vi.waitFor(() => {
        expect(worker.reportsOf('redis commands')).toEqual(['CONNECTION_LOST', 'CONNECTION_RESTORED']);
        expect(gateway.reportsOf('redis commands')).toEqual(['CONNECTION_LOST', 'CONNECTION_RESTORED']);
        expect(gateway.reportsOf('redis stream')).toEqual(['CONNECTION_LOST', 'CONNECTION_RESTORED']);
      }, { timeout: 10_000 });
    });

    it('leaves connections that carry nothing any more, within 10 s, also when they are idle', async () => {
      const { server } = await startServer();
      const address = await startProxy(portOf(server));
      const heard: unknown[] = [];
      const gateway = await connect(await locate(`redis://127.0.0.1:${address.port}`), heard);
      await gateway.store.now();
      await vi.waitFor(async () => expect((await gateway.store.listByCreation({ userId: 'ada', finishedAfter: 0, limit: 1 })).length).toBe(0));
      address.silence();
      await vi.waitFor(() => {
        expect(gateway.reportsOf('redis commands')).toEqual(['CONNECTION_LOST', 'CONNECTION_RESTORED']);
        expect(gateway.reportsOf('redis stream')).toEqual(['CONNECTION_LOST', 'CONNECTION_RESTORED']);
      }, { timeout: 15_000 });
      await gateway.store.insert(newJob({ jobId: 'after', userId: 'ada' }));
    });
  });

  it('hears nothing of before its start after a failover to a replica that is behind', async () => {
    const { first, second, address } = await startPair();
    const url = `redis://127.0.0.1:${address.port}`;
    const worker = await connect({ url });
    const emit = send(worker);
    for (let index = 0; index < 5; index++) emit(`old-${index}`);
    await vi.waitFor(async () => expect(await second.admin.xlen('job-events')).toBeGreaterThan(0), { timeout: 10_000 });
    const heard: unknown[] = [];
    await connect({ url }, heard);
    await vi.waitFor(() => {
      emit('seen');
      expect(heard).toContain('seen');
    }, { timeout: 10_000, interval: 200 });
    // From here on the replica is behind.
    second.server.freeze();
    emit('lost');
    await vi.waitFor(() => expect(heard).toContain('lost'), { timeout: 10_000 });
    await first.server.kill();
    second.server.thaw();
    await second.admin.replicaof('NO', 'ONE');
    address.pointTo(portOf(second.server));
    emit('new');
    await vi.waitFor(() => expect(heard.at(-1)).toBe('new'), { timeout: 15_000 });
    expect(heard.filter((value) => String(value).startsWith('old'))).toEqual([]);
    expect(heard.filter((value) => value === 'lost')).toHaveLength(1);
  });

  it('refuses a replica with what to give, and waits for one that is about to take over', async () => {
    const { second, address } = await startPair();
    address.pointTo(portOf(second.server));
    await expect(connectRedis({ url: `redis://127.0.0.1:${address.port}` })).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('Give the address of the primary, or sentinels') });
    setTimeout(() => void second.admin.replicaof('NO', 'ONE'), 1_000);
    await connect({ url: `redis://127.0.0.1:${address.port}` });
  });

  it('closes within its deadline while Redis is silent, and reports what it could not send', async () => {
    const { server } = await startServer();
    const address = await startProxy(portOf(server));
    const { close, broadcaster, reports } = await connect({ url: `redis://127.0.0.1:${address.port}` });
    address.silenceAll();
    for (let index = 0; index < 2_000; index++) broadcaster.to(['user:ada']).emit('job:progress', { jobId: `job-${index}` });
    const closed = close({ timeoutMs: 1_000 }).then(() => 'closed');
    expect(await Promise.race([closed, new Promise((resolve) => setTimeout(() => resolve('still open'), 5_000))])).toBe('closed');
    expect(reports).toContain('BROADCAST_FAILED');
  });

  it('ends with the client that was given, whose duplicate is in use', async () => {
    const { server } = await startServer();
    const address = await startProxy(portOf(server));
    const client = new Redis(`redis://127.0.0.1:${address.port}`);
    const reports: string[] = [];
    const store = new RedisJobStore({ client, onError: ({ code, message }) => reports.push(`${code}: ${message}`) });
    await store.now();
    address.silence();
    await vi.waitFor(() => expect(reports).toHaveLength(2), { timeout: 15_000 });
    expect(reports[0]).toMatch(/^CONNECTION_LOST: .*A client of yours cannot be opened again by this library, which goes on over a duplicate of it/);
    await store.now();
    client.disconnect();
    await vi.waitFor(async () => expect(await store.now().catch((error: Error) => error.message)).toContain('The client that was given has been closed.'), { timeout: 5_000 });
    expect(reports).toHaveLength(2);
  });

  it('says what to do when Redis is out of memory', async () => {
    const { server, admin } = await startServer();
    const store = new RedisJobStore({ url: server.url, onError: () => {} });
    cleanups.push(() => store.close());
    await store.now();
    await admin.config('SET', 'maxmemory', '1');
    await expect(store.insert(newJob({ jobId: 'too-much', userId: 'ada' }))).rejects.toThrow(/OOM .*Raise maxmemory/);
    await admin.config('SET', 'maxmemory', '0');
    await store.insert(newJob({ jobId: 'fits', userId: 'ada' }));
  });
});
