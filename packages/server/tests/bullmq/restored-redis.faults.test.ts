import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compareVersions, isFinal, termOf } from '@notes/job-events-protocol';
import { describeWith, spawnNode, startRedis } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { bullJobId, queueJobOf } from '../../src/bullmq/index.js';
import { startReconciledQueue } from '../support/reconciled-queue.js';

const JOBS = 120;
const BACK_BY_MS = 2_500;
const ENDED_WITHIN_MS = 40_000;

describeWith(['redis-server'], 'a Redis that is restored as it was 2.5 s ago, with the queue in it', () => {
  it('every job ends as the queue says, each end is told once, and clients that saw later versions take the new ones', async () => {
    await using cleanups = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'test-restored-'));
    cleanups.defer(() => rm(folder, { recursive: true, force: true }));
    const server = cleanups.use(await startRedis({ own: true, args: ['--dir', folder] }));
    const admin = new Redis(server.url).on('error', () => {});
    cleanups.defer(() => admin.disconnect());

    const { queue, emitter, client, store } = await startReconciledQueue<{ userId: string; failures: number }>({ queue: server.url, store: server.url }, cleanups);
    const workers = Array.from({ length: 2 }, () => spawnNode(new URL('../support/processes/bull-worker.ts', import.meta.url), { args: [server.url, server.url, queue.name] }));
    cleanups.defer(async () => void (await Promise.all(workers.map((worker) => worker.kill()))));
    for (const worker of workers) await worker.waitForMessage(({ ready }: { ready?: true }) => ready === true);
    await vi.waitFor(() => expect(client.socket.connected).toBe(true), { timeout: 10_000 });

    await queue.pause();
    const jobs = await queue.addBulk(Array.from({ length: JOBS }, (_, index) => ({ name: 'notes', data: { userId: 'ada', failures: index % 9 === 0 ? 1 : 0 }, opts: { attempts: 2 } })));
    const jobIds = jobs.map((job) => bullJobId(job));
    await Promise.all(jobs.map((job, index) => emitter.emitQueued({ jobId: jobIds[index]!, userId: 'ada', queueJob: queueJobOf(job) })));
    await queue.resume();
    const endsOf = () => client.live.filter(({ status }) => isFinal(status));
    await vi.waitFor(() => expect(endsOf().length).toBeGreaterThan(5), { timeout: 20_000 });
    await admin.save();
    await copyFile(join(folder, 'dump.rdb'), join(folder, 'kept.rdb'));
    const endedBefore = endsOf().length;
    await pause(BACK_BY_MS);
    await vi.waitFor(() => expect(endsOf().length).toBeGreaterThan(endedBefore + 12), { timeout: 20_000 });
    await server.kill();
    const seenBefore = new Map(client.jobs);
    await copyFile(join(folder, 'kept.rdb'), join(folder, 'dump.rdb'));
    await server.start();
    const restored = await Promise.all(jobIds.map((jobId) => admin.get(`job-progress:${jobId}`)));
    const goneBack = jobIds.filter((jobId, index) => {
      const { snapshot } = JSON.parse(restored[index] ?? '{}') as { snapshot?: { status: string } };
      return isFinal(seenBefore.get(jobId)?.status ?? 'queued') && snapshot?.status !== seenBefore.get(jobId)?.status;
    });
    // Otherwise nothing was tried.
    expect(goneBack.length).toBeGreaterThan(5);

    const restoredAt = performance.now();
    await vi.waitFor(async () => {
      const records = await store.get(jobIds);
      const shown = await Promise.all(jobs.map(async (job, index) => [jobIds[index], records[index]?.snapshot.status, await queue.getJobState(job.id!)]));
      expect(shown.filter(([, stored, queued]) => stored !== queued || stored !== 'completed')).toEqual([]);
    }, { timeout: ENDED_WITHIN_MS, interval: 500 });
    process.stdout.write(`${JOBS} jobs, ${goneBack.length} of them went back from their ends, all ended ${Math.round(performance.now() - restoredAt)} ms after the return\n`);

    const records = await store.get(jobIds);
    await vi.waitFor(() => {
      const behind = jobIds.filter((jobId, index) => compareVersions(client.jobs.get(jobId)!.version, records[index]!.snapshot.version) !== 0);
      expect(behind).toEqual([]);
    }, { timeout: 10_000 });
    // An end is named by its term, attempt and status (docs/delivery.md): a job that its queue delivers again ends again.
    const ends = endsOf().map(({ jobId, version, status }) => `${jobId} ${termOf(version)} ${version[0]} ${status}`);
    expect(ends.filter((end, index) => ends.indexOf(end) !== index)).toEqual([]);
    for (const jobId of goneBack) expect(compareVersions(client.jobs.get(jobId)!.version, seenBefore.get(jobId)!.version)).toBeGreaterThan(0);
  });
});
