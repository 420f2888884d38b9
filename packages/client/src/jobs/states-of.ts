import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { WebSocketService } from '../websocket-service.js';

export interface StatesOfOptions {
  readonly find: (jobId: string) => AnyJobSnapshot | undefined;
  /** Called before each state; throws where the job's user has gone. */
  readonly throwIfAbandoned: () => void;
  /** Why there will be no connection, unless it can still come by itself. */
  readonly refusal: () => Error | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * A job's states as they become known, to its end. Subscribes to the job while it is being iterated. A consumer that is
 * slow skips states, never the last. `return()` ends a pending `next()` at once.
 */
export function statesOf(client: WebSocketService<any>, jobId: string, options: StatesOfOptions): AsyncGenerator<AnyJobSnapshot, void, undefined> {
  let isStopped = false;
  let wake = () => {};
  const states = generate();
  const end = states.return.bind(states);
  // A generator would only hear of it after its pending step, which may wait for ever.
  states.return = (value) => {
    isStopped = true;
    wake();
    return end(value);
  };
  return states;

  async function* generate(): AsyncGenerator<AnyJobSnapshot, void, undefined> {
    const { find, throwIfAbandoned, refusal, signal } = options;
    let failure: unknown;
    let newest = find(jobId);
    const wakeUp = () => wake();
    const releases = [
      client.subscribe({ jobId }),
      client.on({
        onJobsChange() {
          // Kept, because an end may have left the table by the time the consumer asks for it.
          newest = find(jobId) ?? newest;
          wake();
        },
        onSubscriptionError(error, subscription) {
          if ('jobId' in subscription && subscription.jobId === jobId) failure = error;
          wake();
        },
        onStateChange: wakeUp,
      }),
      () => signal?.removeEventListener('abort', wakeUp),
    ];
    signal?.addEventListener('abort', wakeUp);
    try {
      for (let last: AnyJobSnapshot | undefined; !last || !isFinal(last.status); ) {
        if (isStopped) return;
        signal?.throwIfAborted();
        throwIfAbandoned();
        const error = failure ?? refusal();
        if (newest && newest !== last) yield (last = newest);
        else if (error) throw error;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      for (const release of releases) release();
    }
  }
}
