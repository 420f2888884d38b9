/** A BullMQ worker whose queue and whose job store are in different databases. Tells of each time its function is called. */
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'bullmq';
import { followWorker, runBullJob } from '../../../src/bullmq/index.js';
import { JobEventEmitterService } from '../../../src/emitter/index.js';
import { connectWiring, databaseUrl, workArguments } from './connect-wiring.js';

interface Data {
  readonly userId: string;
  /** How many of its attempts fail, from the first one on. */
  readonly failures: number;
}

const [queueUrl = '', queueName = ''] = workArguments;
// The test takes the store's database away.
const onError = (): void => undefined;
const { broadcaster, store, close } = await connectWiring(databaseUrl, onError);
const emitter = new JobEventEmitterService({ broadcaster, store, onError });
const worker = new Worker<Data>(
  queueName,
  (job) =>
    runBullJob(emitter, job, { userId: job.data.userId }, async (run) => {
      process.send?.({ called: job.id, at: Date.now() });
      for (const fraction of [0, 0.3, 0.6]) {
        run.report(fraction);
        await pause(200);
      }
      if (job.attemptsMade < job.data.failures) throw new Error('failed at /srv/worker.js');
      return { done: job.id };
    }),
  { connection: { url: queueUrl, maxRetriesPerRequest: null }, concurrency: 5, lockDuration: 3_000, stalledInterval: 1_000, maxStalledCount: 5 },
);
worker.on('error', () => undefined);
const stopFollowing = followWorker(worker, emitter, { userId: (job) => job.data.userId, onError });
await worker.waitUntilReady();
process.send?.({ ready: true });

process.once('SIGTERM', () => {
  const shutDown = async (): Promise<void> => {
    await worker.close();
    await stopFollowing();
    await emitter.close({ timeoutMs: 1_000 });
    await close();
  };
  void shutDown().finally(() => process.exit());
});
