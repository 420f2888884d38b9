import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { WebSocketService } from '../websocket-service.js';

/**
 * A job's states as they become known, to its end. Subscribes to the job while it is being iterated. A consumer that is
 * slow skips states, never the last.
 */
export async function* statesOf(
  client: WebSocketService<any>,
  jobId: string,
  find: (jobId: string) => AnyJobSnapshot | undefined,
  signals: readonly AbortSignal[],
): AsyncGenerator<AnyJobSnapshot, void, undefined> {
  let failure: unknown;
  let newest: AnyJobSnapshot | undefined;
  let wake = () => {};
  const releases = [
    client.subscribe({ jobId }),
    client.store.subscribe(() => {
      // Kept, because an end may have left the table by the time the consumer asks for it.
      newest = find(jobId) ?? newest;
      wake();
    }),
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
      if (newest && newest !== last) yield (last = newest);
      else if (failure) throw failure;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    for (const release of releases) release();
  }
}
