import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { readFrame } from './notification-frames.js';

export interface MessageInboxOptions {
  /** Whose notifications are our own. */
  readonly sender: string;
  readonly fetchLarge: (id: string) => Promise<string | undefined>;
  readonly onMessage: (message: unknown) => void;
  readonly onError: OnError;
}

/** Senders come and go with their processes; those heard of last are remembered. */
const MOST_SENDERS = 1_000;

/**
 * Hands over the messages of notifications one by one, in the order of the notifications, those of each sender once.
 * What waits for a large message to be fetched waits behind it.
 */
export class MessageInbox {
  readonly #options: MessageInboxOptions;
  readonly #lastNumbers = new Map<string, number>();
  #waiting: string[] = [];
  #isFetching = false;

  constructor(options: MessageInboxOptions) {
    this.#options = options;
  }

  take(notification: string): void {
    if (this.#isFetching) this.#waiting.push(notification);
    else this.#open(notification);
  }

  #open(notification: string): void {
    try {
      const frame = readFrame(notification);
      if (frame.sender === this.#options.sender || !this.#isNew(frame.sender, frame.number)) return;
      if ('largeId' in frame) void this.#fetch(frame.largeId);
      else for (const message of frame.messages) this.#handOver(message);
    } catch (cause) {
      this.#report('A notification could not be read.', cause);
    }
  }

  async #fetch(id: string): Promise<void> {
    this.#isFetching = true;
    try {
      const body = await this.#options.fetchLarge(id);
      if (body === undefined) this.#report('A large event was gone before it could be fetched.');
      else this.#handOver(JSON.parse(body));
    } catch (cause) {
      this.#report('A large event could not be fetched.', cause);
    }
    this.#isFetching = false;
    while (this.#waiting.length > 0 && !this.#isFetching) this.#open(this.#waiting.shift()!);
  }

  #handOver(message: unknown): void {
    try {
      this.#options.onMessage(message);
    } catch (cause) {
      this.#report('An event from another process could not be delivered.', cause);
    }
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
