import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { jobStoreCases } from '../testing/job-store-cases.js';
import { forgetInRedis } from '../../tests/forget-in-redis.js';
import { RedisJobStore } from './redis-job-store.js';

/** One node with all slots: like each of many it refuses a command on keys of different slots. */
describeWith(['redis-server'], 'RedisJobStore on a node of a cluster', () => {
  let server: RedisServer;
  let client: Redis;
  beforeAll(async () => {
    server = await startRedis({ own: true, args: ['--cluster-enabled', 'yes'] });
    client = new Redis(server.url);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await vi.waitFor(async () => expect(await client.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'), { timeout: 10_000 });
  });
  afterAll(async () => {
    client.disconnect();
    await server[Symbol.asyncDispose]();
  });

  it('is refused keys of different slots', async () => {
    await expect(client.mget('a', 'b')).rejects.toThrow('CROSSSLOT');
  });

  const forget = (jobIds: readonly string[]) => forgetInRedis(client, jobIds);
  for (const { title, run } of jobStoreCases)
    it(title, async () => {
      const stores: RedisJobStore[] = [];
      await run(() => stores[stores.push(new RedisJobStore({ client })) - 1]!, { forget });
      for (const store of stores) await store.close();
    });
});
