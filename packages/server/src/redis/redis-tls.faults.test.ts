import { describeWith, startRedis, startSentinel } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { freePort, makeCertificate, type Certificate } from '../../tests/support/certificate.js';
import { redisDrivers } from '../../tests/support/redis-drivers.js';
import { newJob } from '../testing/job-store-case.js';
import { realTiming } from '../timing.js';
import { connectRedis } from './connect-redis.js';
import { RedisJobStore } from './redis-job-store.js';
import { RedisLink } from './redis-link.js';
import type { OwnRedisLocation } from './redis-location.js';

describeWith(['redis-server', 'redis-cli', 'openssl'], 'Redis over TLS', () => {
  const cleanups: (() => unknown)[] = [];
  let certificate: Certificate;
  beforeAll(() => { certificate = makeCertificate(); });
  afterAll(() => certificate[Symbol.dispose]());
  afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

  const failOnReport = (error: Error): never => { throw error; };

  /** A server that speaks TLS only. */
  async function start(...args: string[]): Promise<number> {
    const port = await freePort();
    const options = certificate.redisOptions.flatMap(([name, value]) => [`--${name}`, value]);
    const server = await startRedis({ own: true, args: ['--port', '0', '--tls-port', `${port}`, ...options, ...args] });
    cleanups.push(() => server[Symbol.asyncDispose]());
    return port;
  }

  async function open(create: (typeof redisDrivers)[number][1], location: OwnRedisLocation): Promise<RedisLink> {
    const link = new RedisLink({ driver: create(location), timing: realTiming, isOwn: true, probeKey: 'job-progress:probe' });
    cleanups.push(() => link.destroy());
    await link.open();
    return link;
  }

  it('carries commands and events, and rejects a certificate that it does not know', async () => {
    const port = await start();
    const tls = { ca: certificate.ca };
    const { store, close } = await connectRedis({ url: `rediss://127.0.0.1:${port}`, tls, onError: failOnReport });
    cleanups.push(() => close());
    await store.insert(newJob({ jobId: 'tls', userId: 'ada' }));
    await expect(connectRedis({ url: `rediss://127.0.0.1:${port}` })).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('self-signed') });
    for (const [, create] of redisDrivers)
      for (const scheme of ['rediss', 'redis']) expect(await (await open(create, { url: `${scheme}://127.0.0.1:${port}`, tls })).command('EXISTS', 'job-progress:tls')).toBe(1);
  });

  it.each(redisDrivers)('finds all nodes of a cluster, by %s', async (_name, create) => {
    const ports = await Promise.all([0, 1, 2].map(() => start('--cluster-enabled', 'yes', '--tls-cluster', 'yes', '--tls-replication', 'yes')));
    const tls = { ca: certificate.ca };
    const admins = ports.map((port) => new Redis({ port, tls }));
    cleanups.push(() => admins.forEach((admin) => admin.disconnect()));
    for (const [index, admin] of admins.entries()) {
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', `${index * 5_461}`, `${index === 2 ? 16_383 : (index + 1) * 5_461 - 1}`);
      await admin.call('CLUSTER', 'MEET', '127.0.0.1', `${ports[0]}`, `${ports[0]! + 10_000}`);
    }
    for (const admin of admins) await vi.waitFor(async () => expect(await admin.call('CLUSTER', 'INFO')).toMatch(/cluster_state:ok[^]*cluster_known_nodes:3/), { timeout: 20_000, interval: 100 });
    const link = await open(create, { cluster: [{ host: '127.0.0.1', port: ports[0]! }], tls });
    const store = new RedisJobStore({ connection: link });
    const jobIds = Array.from({ length: 30 }, (_, index) => `job-${index}`);
    await Promise.all(jobIds.map((jobId) => store.insert(newJob({ jobId, userId: 'ada' }))));
    expect(await store.listByCreation({ userId: 'ada', finishedAfter: 0, limit: 100 })).toHaveLength(30);
    for (const admin of admins) expect(await admin.dbsize()).toBeGreaterThan(0);
  });

  it('reaches Sentinels by sentinelTls, and Redis without TLS, by each package', async () => {
    const tlsPorts: number[] = [];
    const servers = await startSentinel({
      configuration: async () => {
        const port = await freePort();
        tlsPorts.push(port);
        return [`tls-port ${port}`, ...certificate.redisOptions.map(([name, value]) => `${name} ${value}`)];
      },
    });
    cleanups.push(() => servers[Symbol.asyncDispose]());
    const sentinels = tlsPorts.map((port) => ({ host: '127.0.0.1', port }));
    for (const [name, create] of redisDrivers) {
      const link = await open(create, { sentinels, name: servers.name, sentinelTls: { ca: certificate.ca } });
      await new RedisJobStore({ connection: link }).insert(newJob({ jobId: name, userId: 'ada' }));
    }
    await expect(open(redisDrivers[0]![1], { sentinels, name: servers.name, sentinelTls: {} })).rejects.toThrow();
    const { store, close } = await connectRedis({ sentinels, name: servers.name, sentinelTls: { ca: certificate.ca }, onError: failOnReport });
    cleanups.push(() => close());
    expect((await store.get(redisDrivers.map(([name]) => name))).filter((record) => record !== undefined)).toHaveLength(redisDrivers.length);
  });
});
