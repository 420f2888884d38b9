import type { JobStore, NotDecided, StateWrite, WriteResult } from '../store/job-store.js';
import type { Announcer } from './announcer.js';
import { EndNotStoredError, type UnstoredEnd } from './end-not-stored-error.js';
import type { StoreClient } from './store-client.js';

/** Ends that wait for a store that is away. Of more, the oldest are given up. */
const MAX_WAITING = 10_000;

interface Batch {
  readonly writes: StateWrite[];
  readonly results: Promise<readonly (WriteResult | NotDecided)[]>;
}

/** Stores ends, trying again while the store is away, and broadcasts those that were stored; never the other way round. */
export class EndWriter {
  readonly #storeClient: StoreClient;
  readonly #announcer: Announcer;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<StateWrite>();
  readonly #givenUp: UnstoredEnd[] = [];
  #gathering: Batch | undefined;
  #isClosed = false;

  constructor(options: { storeClient: StoreClient; announcer: Announcer; maxWaiting?: number }) {
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
    this.#storeClient = options.storeClient;
    this.#announcer = options.announcer;
  }

  /**
   * Resolves to what the store decided. Of two ends that race only the one that is stored is broadcast.
   *
   * @param giveUpAt When to stop trying. Default: when the emitter is closed.
   * @throws EndNotStoredError once that is given up: after `giveUpAt`, when the emitter is closed, or for the oldest of
   * too many that wait.
   */
  async store(write: StateWrite, giveUpAt = Infinity): Promise<WriteResult> {
    this.#waiting.add(write);
    this.#giveUpOldest();
    try {
      const result = await this.#storeClient.callWithRetry((store) => this.#writeTogether(store, write), {
        giveUpAt,
        isStillWanted: () => this.#waiting.has(write),
      });
      if (result.outcome === 'stored') this.#announcer.announce(result.record.userId, result.record.snapshot);
      return result;
    } catch (cause) {
      throw this.giveUp(write, cause);
    } finally {
      this.#waiting.delete(write);
    }
  }

  /** Makes the error of an end that is not stored. The result of `close` has the end too, if `close` gives it up. */
  giveUp(end: UnstoredEnd, cause: unknown): EndNotStoredError {
    if (this.#isClosed) this.#givenUp.push(end);
    return new EndNotStoredError(end, cause);
  }

  /** From now on, ends that are given up are kept in {@link givenUp}. */
  close(): void {
    this.#isClosed = true;
  }

  get givenUp(): readonly UnstoredEnd[] {
    return this.#givenUp;
  }

  /** Ends of one moment share a round trip. */
  async #writeTogether(store: JobStore, write: StateWrite): Promise<WriteResult> {
    const batch = (this.#gathering ??= this.#gather(store));
    const index = batch.writes.push(write) - 1;
    const result = (await batch.results)[index]!;
    if (result.outcome === 'failed') throw result.cause;
    return result;
  }

  #gather(store: JobStore): Batch {
    const writes: StateWrite[] = [];
    const results = Promise.resolve().then(() => {
      this.#gathering = undefined;
      return store.write(writes);
    });
    return { writes, results };
  }

  #giveUpOldest(): void {
    if (this.#waiting.size <= this.#maxWaiting) return;
    const [oldest] = this.#waiting;
    this.#waiting.delete(oldest!);
  }
}
