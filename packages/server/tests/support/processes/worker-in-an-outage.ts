/** A worker whose store is away for a second as its job ends, and that has nothing else to keep it from ending. */
import { JobEventEmitterService } from '../../../src/emitter/index.js';
import { MemoryJobStore } from '../../../src/store/memory-job-store.js';

const store = new MemoryJobStore();
const awayUntil = Date.now() + 1_500;
const write = store.write.bind(store);
store.write = async (writes) => {
  if (Date.now() < awayUntil) throw new Error('away');
  return write(writes);
};

const broadcaster = { to: () => ({ emit: () => true }) };
const emitter = new JobEventEmitterService({ broadcaster, store, onError: () => undefined });
await emitter.run({ jobId: 'job-1', userId: 'ada' }, async () => 'done');
await emitter.close();
const [record] = await store.get(['job-1']);
process.stdout.write(`stored as ${record?.snapshot.status}\n`);
