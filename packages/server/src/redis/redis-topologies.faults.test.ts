import { describeWith, startRedisCluster, startSentinel, type RedisClusterServers, type SentinelServers } from '@notes/test-kit';
import { Cluster } from 'ioredis';
import * as nodeRedis from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { forgetInRedis } from '../../tests/forget-in-redis.js';
import { documentedAclCommand } from '../../tests/support/documented-redis-user.js';
import { redisDrivers } from '../../tests/support/redis-drivers.js';
import { jobStoreCases } from '../testing/job-store-cases.js';
import { newJob } from '../testing/job-store-case.js';
import { realTiming } from '../timing.js';
import { connectRedis } from './connect-redis.js';
import type { RedisClient } from './redis-client.js';
import { RedisJobStore } from './redis-job-store.js';
import { RedisLink } from './redis-link.js';
import { claimStream } from './stream-owner.js';
import type { OwnRedisLocation } from './redis-location.js';

function describeTopology(title: string, locate: () => OwnRedisLocation): void {
  describe.each(redisDrivers)(`${title}, opened by %s`, (_name, create) => {
    let link: RedisLink;
    beforeAll(async () => {
      link = new RedisLink({ driver: create(locate()), timing: realTiming, isOwn: true, probeKey: 'job-progress:probe' });
      await link.open();
    });
    afterAll(() => link.destroy());

    const forget = (jobIds: readonly string[]) => forgetInRedis({ del: (key) => link.command('DEL', key) }, jobIds);
    for (const { title, run } of jobStoreCases) it(title, () => run(() => new RedisJobStore({ connection: link }), { forget }));

    it('reads a stream on it', async () => {
      const id = await link.command('XADD', '{job-progress}:events', '*', 'a', '1');
      expect(JSON.stringify(await link.command('XREAD', 'COUNT', '1', 'BLOCK', '1000', 'STREAMS', '{job-progress}:events', '0-0'))).toContain(String(id));
      await link.command('DEL', '{job-progress}:events');
    });
  });
}

describeWith(['redis-server', 'redis-cli'], 'RedisJobStore on a real cluster of six nodes', () => {
  let servers: RedisClusterServers;
  beforeAll(async () => { servers = await startRedisCluster(); });
  afterAll(() => servers[Symbol.asyncDispose]());

  describeTopology('conforms', () => ({ cluster: servers.nodes.slice(0, 2) }));

  it.each<[string, () => Promise<RedisClient & { close(): unknown }>]>([
    ['ioredis', async () => {
      const client = new Cluster([...servers.nodes]);
      return Object.assign(client as never as RedisClient, { close: () => client.disconnect() });
    }],
    ['redis', async () => {
      const client = nodeRedis.createCluster({ rootNodes: servers.nodes.map((socket) => ({ socket })) });
      await client.connect();
      return Object.assign(client as never as RedisClient, { close: () => client.destroy() });
    }],
  ])('takes a cluster client of %s, of jobs on all of its nodes', async (_name, createClient) => {
    const client = await createClient();
    const { store, broadcaster, close } = await connectRedis({ client });
    const jobIds = Array.from({ length: 300 }, (_, index) => `given-${_name}-${index}`);
    await Promise.all(jobIds.map((jobId) => store.insert(newJob({ jobId, userId: `user-of-${_name}` }))));
    expect((await store.get(jobIds)).filter((record) => record !== undefined)).toHaveLength(300);
    expect(await store.listByCreation({ userId: `user-of-${_name}`, finishedAfter: 0, limit: 1_000 })).toHaveLength(300);
    broadcaster.to(['user:ada']).emit('job:progress', {});
    await close();
    client.close();
  });

  it.each(redisDrivers)('works as the user of docs/processes.md, who is denied nothing on any node, by %s', async (_name, create) => {
    const admins = servers.nodes.map(({ host, port }) => nodeRedis.createClient({ socket: { host, port } }));
    for (const admin of admins) {
      await admin.connect();
      await admin.sendCommand(documentedAclCommand('cluster'));
      await admin.sendCommand(['ACL', 'LOG', 'RESET']);
    }
    const link = new RedisLink({ driver: create({ cluster: servers.nodes.slice(0, 2), username: 'app', password: 'secret' }), timing: realTiming, isOwn: true, probeKey: 'job-progress:probe' });
    await link.open();
    const store = new RedisJobStore({ connection: link });
    await Promise.all(Array.from({ length: 30 }, (_, index) => store.insert(newJob({ jobId: `permitted-${index}`, userId: 'ada' }))));
    await store.listUnfinished({ untouchedForMs: 0, limit: 10 });
    await claimStream(link, 'job-events', 'job-progress');
    const denied = await Promise.all(admins.map((admin) => admin.sendCommand(['ACL', 'LOG'])));
    expect(denied.flat()).toEqual([]);
    link.destroy();
    for (const admin of admins) admin.destroy();
  });

  it('says to a url of one node that it is one of a cluster', async () => {
    const { host, port } = servers.nodes[0]!;
    const stores = servers.nodes.slice(0, 3).map(() => new RedisJobStore({ url: `redis://${host}:${port}`, onError: () => {} }));
    const failures = await Promise.all(Array.from({ length: 20 }, (_, index) => stores[0]!.insert(newJob({ jobId: `one-${index}`, userId: 'ada' })).then(() => '', ({ message }: Error) => message)));
    expect(failures.join('\n')).toMatch(/MOVED|is away/);
    await expect(connectRedis({ url: `redis://${host}:${port}` }).then(async ({ store, close }) => {
      try {
        for (let index = 0; index < 20; index++) await store.insert(newJob({ jobId: `two-${index}`, userId: 'ada' }));
      } finally {
        await close();
      }
    })).rejects.toThrow('Give its nodes by the option cluster');
    for (const store of stores) await store.close();
  });
});

describeWith(['redis-server', 'redis-cli'], 'RedisJobStore behind a real Sentinel', () => {
  let servers: SentinelServers;
  beforeAll(async () => { servers = await startSentinel(); });
  afterAll(() => servers[Symbol.asyncDispose]());

  describeTopology('conforms', () => ({ sentinels: servers.sentinels, name: servers.name }));

  it('goes to the primary, in the database that is asked for', async () => {
    const { store, close } = await connectRedis({ sentinels: [{ host: '127.0.0.1', port: 1 }, ...servers.sentinels], name: servers.name, database: 2 });
    await store.insert(newJob({ jobId: 'in-two', userId: 'ada' }));
    await close();
    const admin = nodeRedis.createClient({ url: `redis://127.0.0.1:${await servers.primaryPort()}/2` });
    await admin.connect();
    await vi.waitFor(async () => expect(await admin.exists('job-progress:in-two')).toBe(1));
    admin.destroy();
  });

  it('names what is wrong when the Sentinels do not know the name', async () => {
    await expect(connectRedis({ sentinels: servers.sentinels, name: 'nobody' })).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/[Ss]entinel/) });
  });
});
