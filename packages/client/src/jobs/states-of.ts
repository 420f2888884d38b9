import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { WebSocketService } from '../websocket-service.js';

/**
 * A job's states as they become known, to its end. Subscribes to the job while it is being iterated. A consumer that is
 * slow skips states, never the last.
 */
export async function* statesOf(
  client: WebSocketService<any>,
  jobId: string,
  signals: readonly AbortSignal[],
): AsyncGenerator<AnyJobSnapshot, void, undefined> {
  let failure: unknown;
  let wake = () => {};
  const releases = [
    client.subscribe({ jobId }),
    client.store.subscribe(() => wake()),
    client.on({
      onSubscriptionError(error, subscription) {
        if (!('jobId' in subscription) || subscription.jobId !== jobId) return;
        failure = error;
        wake();
      },
    }),
    ...signals.map((signal) => {
      const abort = () => wake();
      signal.addEventListener('abort', abort);
      return () => signal.removeEventListener('abort', abort);
    }),
  ];
  try {
    for (let last: AnyJobSnapshot | undefined; !last || !isFinal(last.status); ) {
      for (const signal of signals) signal.throwIfAborted();
      const job: AnyJobSnapshot | undefined = client.getJob(jobId);
      if (job && job !== last) yield (last = job);
      else if (failure) throw failure;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    for (const release of releases) release();
  }
}
