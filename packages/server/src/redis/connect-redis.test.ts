import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { MessageType, type ClusterMessage } from 'socket.io-adapter';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeCluster } from '../../tests/support/cluster-cases.js';
import { JobEventEmitterService } from '../emitter/index.js';
import type { JobEventsServerError } from '../server-errors.js';
import { realTiming } from '../timing.js';
import { connectRedis } from './connect-redis.js';
import { openRedis } from './open-redis.js';
import { RedisBus } from './redis-bus.js';
import type { RedisLocation } from './redis-location.js';

describeWith(['redis-server'], 'events over Redis', () => {
  let server: RedisServer;
  let admin: Redis;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    server = await startRedis({ own: true });
    admin = new Redis(server.url).on('error', () => {});
  });
  afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });
  afterAll(async () => {
    admin.disconnect();
    await server[Symbol.asyncDispose]();
  });

  const endConnections = () => admin.call('CLIENT', 'KILL', 'SKIPME', 'yes');

  /** A client of the application's, with the library's own defaults. */
  const ioRedisClient = () => {
    const client = new Redis(server.url);
    cleanups.push(() => client.disconnect());
    return client;
  };
  const nodeRedisClient = async () => {
    const client = createClient({ url: server.url });
    client.on('error', () => {});
    await client.connect();
    cleanups.push(() => client.destroy());
    return client;
  };

  describeCluster('a cluster over Redis, by its own connection', {
    connect: (onError) => connectRedis({ url: server.url, stream: 'own', onError }),
    endConnections,
  });
  describeCluster('a cluster over Redis, with clients of ioredis', {
    connect: async (onError) => connectRedis({ client: ioRedisClient(), stream: 'ioredis', onError }),
    endConnections,
  });
  describeCluster('a cluster over Redis, with clients of redis', {
    connect: async (onError) => connectRedis({ client: await nodeRedisClient(), stream: 'redis', onError }),
    endConnections,
  });

  const message = (body: unknown): ClusterMessage => ({ uid: 'test', nsp: '/jobs', type: MessageType.SERVER_SIDE_EMIT, data: { packet: [body] } });

  /** A bus as in a process of its own; it listens where `received` is given. */
  async function openBus(location: RedisLocation, stream: string, received?: unknown[]) {
    const errors: JobEventsServerError[] = [];
    const onError = (error: JobEventsServerError): void => void errors.push(error);
    const redis = openRedis(location, { onError, timing: realTiming, probeKey: 'probe' });
    await redis.ready();
    const bus = new RedisBus({ redis, stream, keyPrefix: 'job-progress', onError, timing: realTiming });
    cleanups.push(async () => {
      await bus.close();
      redis.close();
    });
    let greetings = 0;
    if (received !== undefined) {
      bus.join({ missed: () => undefined, greet: () => void greetings++, receive: (incoming) => void received.push((incoming as { data: { packet: unknown[] } }).data.packet[0]) });
      await vi.waitFor(() => expect(greetings).toBe(1), { timeout: 10_000 });
    }
    return { bus, errors, greetings: () => greetings };
  }

  describe.each([
    ['its own connection', async (): Promise<RedisLocation> => ({ url: server.url })],
    ['a client of ioredis', async (): Promise<RedisLocation> => ({ client: ioRedisClient() })],
    ['a client of redis', async (): Promise<RedisLocation> => ({ client: await nodeRedisClient() })],
  ])('RedisBus by %s', (_name, locate) => {
    it('loses nothing and repeats nothing when connections are killed under load', async () => {
      const stream = randomUUID();
      const received: number[] = [];
      const receiver = await openBus(await locate(), stream, received);
      const sender = await openBus(await locate(), stream);
      let next = 0;
      const flow = setInterval(() => sender.bus.publish(message(next++)), 5);
      for (let round = 0; round < 3; round++) {
        const before = received.length;
        await vi.waitFor(() => expect(received.length).toBeGreaterThan(before + 20), { timeout: 15_000 });
        await endConnections();
      }
      clearInterval(flow);
      await vi.waitFor(() => expect(received).toHaveLength(next), { timeout: 15_000 });
      expect(received).toEqual(Array.from({ length: next }, (_, index) => index));
      expect(receiver.errors.map(({ code }) => code)).toContain('CONNECTION_LOST');
    });

    it('lives through kill -9 of Redis, and flows again when it is back, empty', async () => {
      const stream = randomUUID();
      const received: unknown[] = [];
      const receiver = await openBus(await locate(), stream, received);
      const sender = await openBus(await locate(), stream);
      sender.bus.publish(message('before'));
      await vi.waitFor(() => expect(received).toEqual(['before']));
      await server.kill();
      sender.bus.publish(message('meanwhile'));
      await vi.waitFor(() => expect(receiver.errors.map(({ code }) => code)).toContain('CONNECTION_LOST'));
      await server.start();
      await vi.waitFor(() => expect(receiver.greetings()).toBe(2), { timeout: 15_000 });
      sender.bus.publish(message('after'));
      await vi.waitFor(() => expect(received.at(-1)).toBe('after'), { timeout: 15_000 });
    });
  });

  it('sends a burst in one entry', async () => {
    const received: unknown[] = [];
    const stream = randomUUID();
    await openBus({ url: server.url }, stream, received);
    const { bus } = await openBus({ url: server.url }, stream);
    for (let index = 0; index < 200; index++) bus.publish(message(index));
    await vi.waitFor(() => expect(received).toHaveLength(200));
    expect(await admin.xlen(stream)).toBe(1);
  });

  it('reports a loss only of a connection that was open, and once for commands and once for the stream', async () => {
    const reports: string[] = [];
    const onError = ({ code, connection }: JobEventsServerError): void => void (connection !== undefined && reports.push(`${code} ${connection}`));
    await expect(connectRedis({ url: 'redis://127.0.0.1:1', onError })).rejects.toThrow('could not be reached');
    expect(reports).toEqual([]);

    await using own = await startRedis({ own: true });
    const { adapter, close } = await connectRedis({ url: own.url, onError });
    cleanups.push(close);
    const io = new Server(createServer(), { adapter });
    cleanups.push(() => io.close());
    await own.kill();
    await vi.waitFor(() => expect(reports).toHaveLength(2), { timeout: 10_000 });
    await own.start();
    await vi.waitFor(() => expect(reports).toHaveLength(4), { timeout: 10_000 });
    expect(reports.slice(0, 2).sort()).toEqual(['CONNECTION_LOST redis commands', 'CONNECTION_LOST redis stream']);
    expect(reports.slice(2).sort()).toEqual(['CONNECTION_RESTORED redis commands', 'CONNECTION_RESTORED redis stream']);
  });

  it('bounds the memory that the stream takes, however large the results are', async () => {
    const stream = randomUUID();
    const { broadcaster, store, close } = await connectRedis({ url: server.url, stream, streamMaxBytes: 2 * 1024 * 1024 });
    cleanups.push(() => close());
    const emitter = new JobEventEmitterService({ broadcaster, store });
    cleanups.push(() => emitter.close());
    const result = { text: 'x'.repeat(32_000) };
    for (let index = 0; index < 300; index++) await emitter.emitCompleted({ jobId: randomUUID(), userId: 'ada', result });
    expect(await admin.memory('USAGE', stream, 'SAMPLES', 0)).toBeLessThan(4 * 1024 * 1024);
    expect(await admin.xlen(stream)).toBeGreaterThanOrEqual(16);
    await expect(connectRedis({ url: server.url, streamMaxBytes: 0 })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining('streamMaxBytes 0') });
  });

  it('rejects where there is no Redis, with what to do', async () => {
    await expect(connectRedis({ url: 'redis://127.0.0.1:1', onError: () => {} })).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/could not be reached: .*ECONNREFUSED/) });
    await expect(connectRedis({ url: process.env['NOT_SET']! })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining('Say where Redis is') });
    await expect(connectRedis({ url: server.url, keyPrefix: 'a{b}' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });
});
