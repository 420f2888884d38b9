import { describeWith, startRedis } from '@notes/test-kit';
import { Worker as Worker5 } from 'bullmq-5';
import { expect, it } from 'vitest';
import { followWorker } from '../../src/bullmq/index.js';
import { recordedEmitter } from './recorded-emitter.js';
import { isBullMQ5 } from './bull-backends.js';

describeWith(['redis'], 'an application with two majors of BullMQ', () => {
  it.skipIf(isBullMQ5)('is told which worker is of which, and what to do, before the first job', async () => {
    await using server = await startRedis();
    const worker = new Worker5('pdf', null, { connection: { url: server.url, maxRetriesPerRequest: null }, autorun: false });
    const { emitter } = recordedEmitter();
    expect(() => followWorker(worker, emitter, { userId: () => 'ada' })).toThrow(/the queue 'pdf' is of BullMQ 5, and @notes\/job-events-server has loaded BullMQ 6\..*npm ls bullmq/);
    expect(worker.listenerCount('failed')).toBe(0);
    await worker.close();
    await emitter.close();
  });

  it.runIf(isBullMQ5)('is told so the other way round', () => {
    const worker = { name: 'pdf', backend: {}, on: () => undefined, off: () => undefined, getNextJob: async () => undefined };
    const { emitter } = recordedEmitter();
    expect(() => followWorker(worker, emitter, { userId: () => 'ada' })).toThrow(/is of BullMQ 6, and @notes\/job-events-server has loaded BullMQ 5\./);
  });
});
