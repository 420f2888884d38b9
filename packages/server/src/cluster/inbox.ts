import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';

/**
 * What arrives at once: messages of one sender, numbered, so that what is sent again after a lost acknowledgement is heard
 * once. Messages that are not there yet have to be fetched.
 */
export interface Parcel {
  readonly sender: string;
  readonly number: number;
  readonly messages: readonly unknown[] | (() => Promise<readonly unknown[]>);
}

export interface InboxOptions {
  /** Whose parcels are our own. */
  readonly sender: string;
  /** Must not throw. */
  readonly onMessage: (message: unknown) => void;
  readonly onError: OnError;
}

/** Senders come and go with their processes; those heard of last are remembered. */
const MOST_SENDERS = 1_000;

/**
 * Hands over the messages of parcels one by one, in the order of the parcels, each once. While messages are fetched, what
 * comes waits behind them.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #lastNumbers = new Map<string, number>();
  readonly #waiting: Parcel[] = [];
  #isFetching = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** `read` throws for what is no parcel. */
  take(read: () => Parcel): void {
    try {
      const parcel = read();
      if (this.#isFetching) this.#waiting.push(parcel);
      else this.#open(parcel);
    } catch (cause) {
      this.#report('Something came that could not be read.', cause);
    }
  }

  #open({ sender, number, messages }: Parcel): void {
    if (sender === this.#options.sender || !this.#isNew(sender, number)) return;
    if (typeof messages === 'function') void this.#fetch(messages);
    else messages.forEach(this.#options.onMessage);
  }

  async #fetch(messages: () => Promise<readonly unknown[]>): Promise<void> {
    this.#isFetching = true;
    try {
      (await messages()).forEach(this.#options.onMessage);
    } catch (cause) {
      this.#report('A large event could not be fetched.', cause);
    }
    this.#isFetching = false;
    while (this.#waiting.length > 0 && !this.#isFetching) this.#open(this.#waiting.shift()!);
  }

  #isNew(sender: string, number: number): boolean {
    const last = this.#lastNumbers.get(sender) ?? 0;
    if (number <= last) return false;
    this.#lastNumbers.delete(sender);
    this.#lastNumbers.set(sender, number);
    if (this.#lastNumbers.size > MOST_SENDERS) this.#lastNumbers.delete(this.#lastNumbers.keys().next().value!);
    return true;
  }

  #report(what: string, cause?: unknown): void {
    this.#options.onError(new JobEventsServerError('BROADCAST_FAILED', `${what} Clients find the state by sync.`, { cause }));
  }
}
