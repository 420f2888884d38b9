import { createServer } from 'node:http';
import { describeWith, startRedis } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { documentedAclCommand } from '../../tests/support/documented-redis-user.js';
import { redisDrivers } from '../../tests/support/redis-drivers.js';
import { newJob } from '../testing/job-store-case.js';
import { realTiming } from '../timing.js';
import { connectRedis } from './connect-redis.js';
import { RedisLink } from './redis-link.js';
import { RedisJobStore } from './redis-job-store.js';
import type { OwnRedisLocation, RedisLocation } from './redis-location.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

const failOnReport = (error: Error): never => { throw error; };

async function open(create: (typeof redisDrivers)[number][1], location: OwnRedisLocation): Promise<RedisLink> {
  const link = new RedisLink({ driver: create(location), timing: realTiming, isOwn: true, probeKey: 'job-progress:probe' });
  cleanups.push(() => link.destroy());
  await link.open();
  return link;
}

describe('where Redis is', () => {
  it.each<[string, RedisLocation, string]>([
    ['nothing', { url: undefined } as never, 'Say where Redis is'],
    ['an empty url', { url: '' }, 'Say where Redis is'],
    ['an url of another kind', { url: 'http://redis' }, 'begin with redis:// or rediss://'],
    ['two places', { url: 'redis://a', cluster: [{ host: 'b' }] } as never, 'only once'],
    ['sentinels without the name of the primary', { sentinels: [{ host: 'a' }] } as never, 'Give name'],
    ['no sentinels', { sentinels: [], name: 'mymaster' }, 'at least one node'],
    ['a node without a host', { cluster: [{ host: process.env['NOT_SET']! }] }, 'each as { host, port }'],
  ])('refuses %s at once', async (_what, location, message) => {
    await expect(connectRedis(location)).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining(message) });
    expect(() => new RedisJobStore(location)).toThrow(message);
  });
});

describeWith(['redis-server'], 'users and databases of Redis', () => {
  async function start() {
    const server = await startRedis({ own: true });
    const admin = new Redis(server.url);
    cleanups.push(() => server[Symbol.asyncDispose](), () => admin.disconnect());
    return { port: Number(new URL(server.url).port), url: server.url, admin };
  }

  it('works as a user with the permissions of docs/processes.md, in the database of the url', async () => {
    const { port, admin } = await start();
    await admin.call(...(documentedAclCommand('server') as [string, ...string[]]));
    const url = `redis://app:secret@127.0.0.1:${port}/3`;
    const { store, close } = await connectRedis({ url, onError: failOnReport });
    cleanups.push(() => close());
    await store.insert(newJob({ jobId: 'mine', userId: 'ada' }));
    await store.cancel('mine', {} as never).catch(() => undefined);
    expect(await store.listByCreation({ userId: 'ada', finishedAfter: 0, limit: 10 })).toHaveLength(1);
    expect(await admin.exists('job-progress:mine')).toBe(0);
    await admin.select(3);
    expect(await admin.exists('job-progress:mine')).toBe(1);
    for (const [, create] of redisDrivers) expect(await (await open(create, { url })).command('EXISTS', 'job-progress:mine')).toBe(1);
    await expect(connectRedis({ url: `redis://app:wrong@127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/WRONGPASS.*wrong/) });
  });

  const keysAfter = async (admin: Redis, store: RedisJobStore, jobId: string, userId: string): Promise<string[]> => {
    await admin.flushall();
    await store.insert(newJob({ jobId, userId }));
    return admin.keys('*');
  };

  it.each([
    ['shop', 'payroll', ['1', 'ada'], ['1', 'ada']],
    ['shop', 'shop:eu', ['eu:1', 'ada'], ['1', 'ada']],
    ['shop', 'shop%3Aeu', ['eu:1', 'ada'], ['1', 'ada']],
    ['shop:eu', 'shop%3Aeu', ['1', 'ada'], ['1', 'ada']],
    ['shop', 'shop-of:b', ['1', 'b-of:ada'], ['1', 'ada']],
    ['job-progress', 'job-progress:eu', ['eu:1', 'ada'], ['1', 'ada']],
  ] as const)('gives the prefixes %s and %s no key in common, whatever the ids', async (one, other, [oneJob, oneUser], [otherJob, otherUser]) => {
    const { url, admin } = await start();
    const stores = [one, other].map((keyPrefix) => new RedisJobStore({ url, keyPrefix }));
    cleanups.push(() => Promise.all(stores.map((store) => store.close())));
    const oneKeys = await keysAfter(admin, stores[0]!, oneJob, oneUser);
    const otherKeys = await keysAfter(admin, stores[1]!, otherJob, otherUser);
    expect(oneKeys.length).toBeGreaterThan(2);
    expect(oneKeys.filter((key) => otherKeys.includes(key))).toEqual([]);
  });

  it('carries the events of each prefix on a stream of its own', async () => {
    const { url, admin } = await start();
    for (const keyPrefix of ['shop', 'payroll', 'pay:roll', undefined]) {
      const { broadcaster, close } = await connectRedis({ url, ...(keyPrefix !== undefined && { keyPrefix }) });
      cleanups.push(() => close());
      broadcaster.to(['user:ada']).emit('job:progress', {});
    }
    await vi.waitFor(async () => {
      for (const stream of ['{shop}:events', '{payroll}:events', '{pay%3Aroll}:events', 'job-events'])
        expect((await admin.xrange(stream, '-', '+')).filter(([, fields]) => fields.includes('messages'))).toHaveLength(1);
    });
  });

  it('refuses a stream that carries the events of another prefix, and says how to free it', async () => {
    const { url, admin } = await start();
    const shop = { url, stream: 'shared', keyPrefix: 'shop' };
    for (const options of [shop, shop]) cleanups.push((await connectRedis(options)).close);
    const refused = expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringMatching(/stream 'shared' carries the events of the keyPrefix 'shop'.*delete the stream/) });
    await expect(connectRedis({ url, stream: 'shared', keyPrefix: 'payroll' })).rejects.toEqual(refused);
    await expect(connectRedis({ url, stream: 'shared' })).rejects.toEqual(refused);
    await expect(connectRedis({ url, stream: '{shop}:events', keyPrefix: 'payroll' }).then(({ close }) => close())).resolves.toBeUndefined();
    await admin.del('shared');
    cleanups.push((await connectRedis({ url, stream: 'shared', keyPrefix: 'payroll' })).close);
  });

  it('leaves out what another prefix sends to the stream after FLUSHALL, in both applications, and reports it once', async () => {
    const { url, admin } = await start();
    const open = async (keyPrefix: string) => {
      const errors: string[] = [];
      const heard: unknown[] = [];
      const { adapter, close } = await connectRedis({ url, stream: 'shared', keyPrefix, onError: ({ code, message }) => errors.push(`${code} ${message}`) });
      const io = new Server(createServer(), { adapter });
      cleanups.push(close, () => io.close());
      io.of('/jobs').on('event', (value: unknown) => heard.push(value));
      return { errors, heard, send: (value: string) => void io.of('/jobs').serverSideEmit('event', value) };
    };
    const shop = await open('shop');
    // The other application is there before the first, which greets its neighbours now and then, writes again.
    await admin.multi().flushall().xadd('shared', '*', 'prefix', 'payroll').exec();
    const [payroll, other] = [await open('payroll'), await open('payroll')];
    await vi.waitFor(() => {
      payroll.send('salary');
      expect(other.heard).toContain('salary');
    }, { timeout: 10_000, interval: 100 });
    shop.send('order');
    await vi.waitFor(() => expect([shop, payroll, other].map(({ errors }) => errors.length)).toEqual([1, 1, 1]), { timeout: 10_000 });
    expect(shop.errors[0]).toMatch(/^INVALID_OPTIONS The stream 'shared' carries the events of the keyPrefix 'payroll', and this wiring has 'shop'/);
    expect(payroll.errors[0]).toMatch(/keyPrefix 'shop', and this wiring has 'payroll'/);
    expect([shop.heard.includes('salary'), payroll.heard.includes('order')]).toEqual([false, false]);
  });
});
