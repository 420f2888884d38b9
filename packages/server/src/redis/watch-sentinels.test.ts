import { describeWith, startRedis } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { Redis as Redis5Newest } from 'ioredis-5-newest';
import { expect, it, vi } from 'vitest';
import type { IoRedisClient } from './redis-client.js';
import { watchSentinels } from './watch-sentinels.js';

// What a Sentinel announces is published by a plain server here: a real one does so once for each failover.
describeWith(['redis-server'], 'watchSentinels', () => {
  it.each([
    ['6', (port: number) => new Redis(port)],
    ['5.11', (port: number) => new Redis5Newest(port)],
    ['5.3', (port: number) => new Redis5(port)],
  ])('hears of another primary, and not of the one that the client is connected to, by ioredis %s', async (_version, open) => {
    await using server = await startRedis({ own: true });
    const port = Number(new URL(server.url).port);
    const admin = new Redis(port);
    const client = open(port);
    await client.ping();
    Object.assign(client.options, { sentinels: [{ host: '127.0.0.1', port }], name: 'main' });
    const onSwitch = vi.fn();
    const stop = watchSentinels(client as unknown as IoRedisClient, onSwitch);
    await vi.waitFor(async () => expect(await admin.pubsub('NUMSUB', '+switch-master')).toEqual(['+switch-master', 1]), { timeout: 10_000 });
    await admin.publish('+switch-master', `main 127.0.0.1 1 127.0.0.1 ${port}`);
    await admin.publish('+switch-master', 'another 127.0.0.1 1 127.0.0.1 2');
    await admin.publish('+switch-master', `main 127.0.0.1 ${port} 127.0.0.1 2`);
    await vi.waitFor(() => expect(onSwitch).toHaveBeenCalled(), { timeout: 10_000 });
    expect(onSwitch).toHaveBeenCalledTimes(1);
    stop();
    for (const each of [client, admin]) each.disconnect();
  });
});
