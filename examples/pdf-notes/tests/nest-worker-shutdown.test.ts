import { connectRedis } from '@notes/job-events-server/redis';
import { describeWith, spawnNode, startRedis } from '@notes/test-kit';
import { expect, test } from 'vitest';

describeWith(['redis-server'], 'a Nest worker process that imports BullModule before JobEventsModule', () => {
  test('on SIGTERM after enableShutdownHooks: the job ends for its watchers before the process does', async () => {
    await using redis = await startRedis({ own: true });
    const watcher = await connectRedis({ url: redis.url });
    try {
      await using worker = spawnNode(new URL('support/terminated-worker.ts', import.meta.url), { args: [redis.url], built: true });
      await worker.waitForLine('working');
      const ended = worker.kill('SIGTERM');
      await ended;
      expect(await worker.ended).toBe('SIGTERM');
      expect(worker.output).toMatch(/work done\s+connections closed/);
      expect((await watcher.store.get(['terminated']))[0]?.snapshot).toMatchObject({ status: 'completed' });
    } finally {
      await watcher.close();
    }
  }, 60_000);
});
