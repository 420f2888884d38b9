import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { SandboxedJob } from 'bullmq';

import { runBullJob } from '../../src/bullmq/index.js';
import { JobError, JobEventEmitterService } from '../../src/emitter/index.js';
import { MemoryJobStore } from '../../src/store/memory-job-store.js';
import type { JobData } from './bull-backends.js';

/** Runs in a process of BullMQ's own. What it broadcasts reaches the test as the job's progress. */
export default async function work(job: SandboxedJob<JobData>): Promise<string> {
  const told: Promise<void>[] = [];
  const emitter = new JobEventEmitterService({
    store: new MemoryJobStore(),
    broadcaster: { to: () => ({ emit: (_event, snapshot) => void told.push(job.updateProgress(snapshot as AnyJobSnapshot)) }) },
  });
  try {
    return await runBullJob(emitter, job, { userId: job.data.userId }, async () => {
      if (job.attemptsMade === 0) throw new JobError('BROKEN', 'It broke.', { retryable: true });
      return 'done';
    });
  } finally {
    await Promise.all(told);
    await emitter.close();
  }
}
