import { Queue } from 'bullmq';
import { reconcileQueue } from '../../src/bullmq/index.js';
import { JobEventEmitterService } from '../../src/emitter/index.js';
import { startJobServer } from '../job-server.js';
import { connectWiring } from './processes/connect-wiring.js';
import { watchJobs } from './watching-client.js';

/** A gateway with a client of ada's, and an API process that announces jobs and reconciles their queue. Workers are other processes. */
export async function startReconciledQueue<Data>(urls: { readonly queue: string; readonly store: string }, cleanups: AsyncDisposableStack) {
  const queue = new Queue<Data>('notes', { connection: { url: urls.queue } });
  // Its Redis is to go away in some tests.
  queue.on('error', () => undefined);
  const onError = (): void => undefined;
  const wiring = await connectWiring(urls.store, onError);
  const node = await startJobServer({ store: wiring.store }, { adapter: wiring.adapter });
  const emitter = new JobEventEmitterService({ broadcaster: wiring.broadcaster, store: wiring.store, onError });
  const reconciliation = reconcileQueue(queue, emitter, { onError });
  const client = watchJobs(node.origin, 'ada');
  cleanups.defer(async () => {
    client[Symbol.dispose]();
    await reconciliation.close();
    await emitter.close({ timeoutMs: 1_000 });
    await node[Symbol.asyncDispose]();
    await wiring.close();
    await queue.close();
  });
  return { store: wiring.store, queue, emitter, client };
}
