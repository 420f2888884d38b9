import { isFinal, JobEventsError, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { WebSocketService } from '../websocket-service.js';

/**
 * A job's states as they become known, to its end. Subscribes to the job while it is being iterated. A consumer that is
 * slow skips states, never the last.
 *
 * @param throwIfOver Called before each state; throws where waiting is no use any more.
 */
export async function* statesOf(
  client: WebSocketService<any>,
  jobId: string,
  find: (jobId: string) => AnyJobSnapshot | undefined,
  throwIfOver: () => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<AnyJobSnapshot, void, undefined> {
  let failure: unknown;
  let newest: AnyJobSnapshot | undefined;
  let wake = () => {};
  const wakeUp = () => wake();
  const releases = [
    client.subscribe({ jobId }),
    client.store.subscribe(() => {
      // Kept, because an end may have left the table by the time the consumer asks for it.
      newest = find(jobId) ?? newest;
      wake();
    }),
    client.on({
      onSubscriptionError(error, subscription) {
        if ('jobId' in subscription && subscription.jobId === jobId) failure = error;
        wake();
      },
      onStateChange(state, _previous, reason, message = `There is no connection: ${reason}.`) {
        // What was refused for good brings no more states; what the application has closed it can open again.
        if (state === 'DISCONNECTED' && reason !== 'DISCONNECT_CALLED') failure = new JobEventsError(reason, message);
        wake();
      },
    }),
    () => signal?.removeEventListener('abort', wakeUp),
  ];
  signal?.addEventListener('abort', wakeUp);
  try {
    for (let last: AnyJobSnapshot | undefined; !last || !isFinal(last.status); ) {
      signal?.throwIfAborted();
      throwIfOver();
      if (newest && newest !== last) yield (last = newest);
      else if (failure) throw failure;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    for (const release of releases) release();
  }
}
