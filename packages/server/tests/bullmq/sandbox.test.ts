import { fileURLToPath } from 'node:url';

import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { expect, it, vi } from 'vitest';

import type { Job } from 'bullmq';

import { bullJobId, followWorker } from '../../src/bullmq/index.js';
import { describeOnBullBackends, type JobData } from './bull-backends.js';
import { recordedEmitter } from './recorded-emitter.js';

const processor = fileURLToPath(new URL('sandboxed-processor.ts', import.meta.url));
const runSources = fileURLToPath(new URL('../../../test-kit/src/run-sources.mjs', import.meta.url));

describeOnBullBackends('runBullJob in a sandboxed processor', (backend) => {
  it('reports from the process of the job, and what the queue decides from that of the worker', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    await using recorded = recordedEmitter();
    const worker = backend.worker(name, processor, { workerForkOptions: { execArgv: ['--import', runSources] } });
    backend.closeAfterwards({ close: followWorker(worker, recorded.emitter, { userId: (job: Job<JobData>) => job.data.userId }) });
    const said: string[] = [];
    worker.on('progress', (job, progress) => {
      const { jobId, status, version } = progress as unknown as AnyJobSnapshot;
      expect(jobId).toBe(bullJobId(job));
      said.push(`${status} ${version[0]}`);
    });
    const job = await queue.add('notes', { userId: 'ada' }, { attempts: 2 });
    await vi.waitFor(async () => expect(await queue.getJobState(job.id ?? '')).toBe('completed'), { timeout: 45_000, interval: 50 });
    // BullMQ stores what it is told side by side, in any order, and after the job if need be.
    await vi.waitFor(() => expect(said).toHaveLength(3), { timeout: 10_000 });
    expect(said.sort()).toEqual(['active 1', 'active 2', 'completed 2']);
    expect(recorded.broadcasts).toMatchObject([{ status: 'retrying', error: { code: 'BROKEN', message: 'It broke.' }, version: [1, 1, expect.anything(), expect.anything(), expect.anything()] }]);
  }, 60_000);
});
