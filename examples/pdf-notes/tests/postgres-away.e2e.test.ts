import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, startRedis } from '@notes/test-kit';
import { expect, test, vi } from 'vitest';
import { startHeldModel } from './support/held-model.js';
import { startSystem } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

const WITHIN = { timeout: 60_000, interval: 50 };

describeWith(['redis-server'], 'with the queues in Redis', () => {
  test('PostgreSQL is away for longer than a job is tried: jobs wait for it, and each is done once', { timeout: 120_000 }, async () => {
    const sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
    await using redis = await startRedis({ own: true });
    await using model = await startHeldModel();
    await using system = await startSystem({ ...model.environment, REDIS_URL: redis.url });
    const ada = await TestUser.signIn(system.url, 'ada');
    using watching = await Watcher.of(ada);
    const jobIds = [await ada.uploadPdf(sample, 'one-way.pdf'), await ada.uploadPdf(sample, 'steps.pdf', 'steps')];
    await vi.waitFor(() => expect(model.waiting).toBe(2), WITHIN);

    await system.postgres.stop();
    model.letAnswer();
    // Three tries, one and two seconds after one another, would be over long before.
    await sleep(8_000);
    await system.postgres.start();
    await vi.waitFor(() => expect(watching.completed.map(({ jobId }) => jobId).toSorted()).toEqual(jobIds.toSorted()), WITHIN);
    expect([watching.failed, watching.retrying]).toEqual([[], []]);
    expect((await system.pool.query<{ job_id: string }>('select job_id from notes')).rows.map((row) => row.job_id).toSorted()).toEqual(jobIds.toSorted());
    const putOff = system.log.filter((line) => line.includes('Put off, because')).map((line) => (JSON.parse(line) as { jobId: string }).jobId);
    expect(new Set(putOff)).toEqual(new Set(jobIds));
  });
});
