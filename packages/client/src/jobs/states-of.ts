import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { WebSocketService } from '../websocket-service.js';

export interface FollowOptions {
  /** Gives up; the promise or iteration then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

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
 * slow skips states, never the last. `return()` ends a pending `next()` at once. Written without `async function*`, which
 * the engine of React Native refuses.
 */
export function statesOf(client: WebSocketService<any>, jobId: string, options: StatesOfOptions): AsyncGenerator<AnyJobSnapshot, void, undefined> {
  const { find, throwIfAbandoned, refusal, signal } = options;
  let releases: (() => void)[] | undefined;
  let isOver = false;
  let last: AnyJobSnapshot | undefined;
  let newest: AnyJobSnapshot | undefined;
  let failure: unknown;
  let wake = () => {};
  /** One step after the other, however often `next` is called meanwhile. */
  let queue: Promise<unknown> = Promise.resolve();

  function hear(): void {
    // Kept, because an end may have left the table by the time the consumer asks for it.
    newest = find(jobId) ?? newest;
    wake();
  }

  function begin(): (() => void)[] {
    hear();
    signal?.addEventListener('abort', hear);
    return [
      client.subscribe({ jobId }),
      client.on({
        onJobsChange: hear,
        onSubscriptionError(error, subscription) {
          if ('jobId' in subscription && subscription.jobId === jobId) failure = error;
          wake();
        },
        onStateChange: hear,
      }),
      () => signal?.removeEventListener('abort', hear),
    ];
  }

  function end(): void {
    isOver = true;
    releases?.forEach((release) => release());
    releases = [];
    wake();
  }

  async function step(): Promise<IteratorResult<AnyJobSnapshot, void>> {
    while (!isOver) {
      // React Native's signals have neither `throwIfAborted` nor a reason.
      if (signal?.aborted) throw signal.reason ?? new Error('The signal was aborted.');
      releases ??= begin();
      throwIfAbandoned();
      const error = failure ?? refusal();
      if (newest && newest !== last) {
        last = newest;
        if (isFinal(last.status)) end();
        return { done: false, value: last };
      }
      if (error) throw error;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return { done: true, value: undefined };
  }

  async function fail(error: unknown): Promise<never> {
    end();
    throw error;
  }

  return {
    next: () => (queue = queue.then(step, step).catch(fail)),
    return() {
      end();
      return step();
    },
    throw: fail,
    [Symbol.asyncIterator]() {
      return this;
    },
  } as unknown as AsyncGenerator<AnyJobSnapshot, void, undefined>;
}
