/** A worker whose run takes as long as the process lives. Tells when its process looks for silent runs, and ends its run on request. */
import { JobEventEmitterService } from '../../../src/emitter/index.js';
import { connectWiring, databaseUrl, workArguments } from './connect-wiring.js';

const [jobId = ''] = workArguments;
const { broadcaster, store } = await connectWiring(databaseUrl, () => {});
const listUnfinished = store.listUnfinished.bind(store);
store.listUnfinished = (query) => {
  process.send?.({ supervises: true });
  return listUnfinished(query);
};
const emitter = new JobEventEmitterService({ broadcaster, store, onError: () => {}, supervision: { stalledAfterMs: 10_000, workerLostAfterMs: 75_000 } });
const finished = new Promise<void>((resolve) => process.once('message', () => resolve()));
await emitter.run({ jobId, userId: 'ada' }, async (job) => {
  job.report(0.4);
  process.send?.({ begun: jobId });
  await finished;
});
process.send?.({ ended: jobId });
