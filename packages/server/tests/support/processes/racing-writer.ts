import { stateOf } from '../../../src/testing/job-store-case.js';
import { connectWiring, databaseUrl, workArguments } from './connect-wiring.js';

const LANES = 10;

/** Writes every second state of a job, in no order, in lanes side by side, so that the two processes meet all the time. */
const [jobId = '', epoch = '', count = '', offset = ''] = workArguments;
const { store, close } = await connectWiring(databaseUrl, () => {});
const order = Array.from({ length: Number(count) / 2 }, (_, index) => ((index * 617 + 331) % (Number(count) / 2)) * 2 + Number(offset));

process.send?.({ ready: true });
await new Promise((resolve) => process.once('message', resolve));
const results: string[] = [];
await Promise.all(Array.from({ length: LANES }, async (_, lane) => {
  for (const place of order.filter((_place, index) => index % LANES === lane)) {
    const snapshot = stateOf(jobId, 'active', [1, Number(epoch), place + 2], { progress: place / 20, stage: `S${place}` });
    const [result] = await store.write([{ userId: 'ada', by: 'run', snapshot }]);
    results.push(result!.outcome);
  }
}));
process.send?.({ results });
await close();
process.disconnect();
