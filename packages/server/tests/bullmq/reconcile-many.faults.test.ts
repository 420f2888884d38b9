import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { bullJobId, queueJobOf, reconcileQueue } from '../../src/bullmq/index.js';
import { describeOnBullBackends } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

describeOnBullBackends('reconcileQueue', (backend) => {
  it('ends what its queue no longer has among 6,000 jobs that wait, the last one too, once and nothing else', { timeout: 60_000 }, async () => {
    const queue = backend.queue(backend.queueName());
    const jobs = [];
    for (let start = 0; start < 6_000; start += 1_000) {
      jobs.push(...(await queue.addBulk(Array.from({ length: 1_000 }, () => ({ name: 'notes', data: { userId: 'ada' } })))));
    }
    const createdAt = new Date().toISOString();
    for (const job of jobs) await recorded.store.insert({ jobId: bullJobId(job), userId: 'ada', queueJob: queueJobOf(job), createdAt });
    const removed = [jobs[0]!, jobs[3_000]!, jobs.at(-1)!];
    for (const job of removed) await job.remove();
    const reconciliations = [reconcileQueue(queue, recorded.emitter), reconcileQueue(queue, recorded.emitter)];
    const ended = async (): Promise<void> => {
      for (const job of removed) expect(await recorded.standing(bullJobId(job))).toMatchObject({ status: 'cancelled' });
    };
    // 6 s until the records are looked at, and 15 s on a machine that does nothing else.
    await vi.waitFor(ended, { timeout: 45_000, interval: 200 });
    await Promise.all(reconciliations.map((each) => each.close()));
    expect(recorded.broadcasts).toHaveLength(3);
  });
});
