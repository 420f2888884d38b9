import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { bullJobId, runBullJob } from '../../src/bullmq/index.js';
import { describeOnBullBackends } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

const JOBS = 200;
const STEPS = 10;

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

describeOnBullBackends('fifty jobs at once', (backend) => {
  it('lose neither progress nor ends when their workers emit themselves', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const jobs = await queue.addBulk(Array.from({ length: JOBS }, () => ({ name: 'notes', data: { userId: 'ada' } })));
    backend.worker(
      name,
      (job) =>
        runBullJob(recorded.emitter, job, { userId: job.data.userId }, async (run) => {
          for (let step = 1; step <= STEPS; step++) {
            run.report(step / STEPS);
            await new Promise((resolve) => setImmediate(resolve));
          }
          return job.id;
        }),
      { concurrency: 50 },
    );
    await vi.waitFor(async () => expect(await queue.getJobCounts('completed')).toEqual({ completed: JOBS }), { timeout: 60_000, interval: 100 });

    for (const job of jobs) {
      const jobId = bullJobId(name, job.id);
      const said = recorded.broadcasts.filter((snapshot) => snapshot.jobId === jobId);
      const percentages = said.filter(({ status }) => status === 'active').map(({ progress }) => progress);
      expect(percentages.filter((progress) => progress > 0), jobId).toEqual(Array.from({ length: STEPS }, (_, step) => ((step + 1) / STEPS) * 100));
      expect(said.at(-1)).toMatchObject({ status: 'completed', result: job.id });
      expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed' });
    }
  }, 90_000);
});
