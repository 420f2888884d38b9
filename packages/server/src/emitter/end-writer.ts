import { JobEventsServerError } from '../server-errors.js';
import type { OnError } from '../logger.js';
import type { JobStore, StateWrite, WriteResult } from '../store/job-store.js';
import type { Announcer } from './announcer.js';
import type { StoreContact } from './store-contact.js';

/** Ends that wait for a store that is away. Of more, the oldest are given up. */
const MAX_WAITING = 10_000;

interface Batch {
  readonly writes: StateWrite[];
  readonly results: Promise<readonly WriteResult[]>;
}

/** Stores ends, trying again while the store is away, and broadcasts those that were stored; never the other way round. */
export class EndWriter {
  readonly #contact: StoreContact;
  readonly #announcer: Announcer;
  readonly #onError: OnError;
  readonly #waiting = new Set<StateWrite>();
  #gathering: Batch | undefined;

  constructor(options: { contact: StoreContact; announcer: Announcer; onError: OnError }) {
    this.#contact = options.contact;
    this.#announcer = options.announcer;
    this.#onError = options.onError;
  }

  /**
   * Resolves to what the store decided. Of two ends that race only the one that is stored is broadcast.
   *
   * @param giveUpAt When to stop trying. Default: when the emitter is closed.
   * @throws JobEventsServerError `STORE_UNAVAILABLE`, once that is given up.
   */
  async store(write: StateWrite, giveUpAt = Infinity): Promise<WriteResult> {
    this.#waiting.add(write);
    this.#giveUpOldest();
    try {
      const result = await this.#contact.insist((store) => this.#writeTogether(store, write), {
        giveUpAt,
        isStillWanted: () => this.#waiting.has(write),
      });
      if (result.outcome === 'stored') this.#announcer.announce(result.record.userId, result.record.snapshot);
      return result;
    } catch (cause) {
      const { jobId, status } = write.snapshot;
      throw new JobEventsServerError(
        'STORE_UNAVAILABLE',
        `That job ${jobId} is ${status} could not be stored, so nobody was told. Say it again when the store is back.`,
        { cause, jobId },
      );
    } finally {
      this.#waiting.delete(write);
    }
  }

  /** Ends of one moment share a round trip. */
  async #writeTogether(store: JobStore, write: StateWrite): Promise<WriteResult> {
    const batch = (this.#gathering ??= this.#gather(store));
    const index = batch.writes.push(write) - 1;
    return (await batch.results)[index]!;
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
    if (this.#waiting.size <= MAX_WAITING) return;
    const [oldest] = this.#waiting;
    this.#waiting.delete(oldest!);
    const { jobId } = oldest!.snapshot;
    this.#onError(new JobEventsServerError('STORE_UNAVAILABLE', `Too many ends wait for the store; that of job ${jobId} is given up.`, { jobId }));
  }
}
