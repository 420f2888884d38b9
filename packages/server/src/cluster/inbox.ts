import type { OnError } from '../logger.js';
import { Remembered } from '../remembered.js';
import { JobEventsServerError } from '../server-errors.js';

/**
 * What arrives at once: messages of one sender, numbered, so that what is sent again after a lost acknowledgement is heard
 * once. Messages that are not there yet have to be fetched.
 */
export interface Parcel {
  readonly sender: string;
  readonly number: number;
  /** Of what is also kept, and may have been heard from there. */
  readonly keptId?: string;
  readonly messages: readonly unknown[] | (() => Promise<readonly unknown[]>);
}

export interface KeptMessage {
  readonly id: string;
  readonly message: unknown;
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
/** Of what is kept; one forgotten too soon would be heard twice. */
const MOST_KEPT = 10_000;

/** Must not reject. */
type Step = () => Promise<void> | undefined;

/**
 * Hands over the messages of parcels one by one, in the order of the parcels, each once. While messages are fetched, what
 * comes waits behind them.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #lastNumbers = new Remembered<number>(MOST_SENDERS);
  /** By their own ids: numbers would tell of a missed one that everything before it had been heard too. */
  readonly #heardKept = new Remembered<true>(MOST_KEPT);
  readonly #waiting: Step[] = [];
  #isFetching = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** `read` throws for what is no parcel. */
  take(read: () => Parcel): void {
    try {
      const parcel = read();
      this.#inTurn(() => this.#open(parcel));
    } catch (cause) {
      this.#report('Something came that could not be read.', cause);
    }
  }

  /** Hands over what was kept and has not been heard; what comes meanwhile waits behind it. Rejects as `read` does. */
  catchUp(read: () => Promise<readonly KeptMessage[]>): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#inTurn(async () => {
        try {
          for (const { id, message } of await read()) if (!this.#heardKept.has(id)) this.#handOver([message], id);
          resolve();
        } catch (error) {
          reject(error);
        }
      }),
    );
  }

  #inTurn(step: Step): void {
    this.#waiting.push(step);
    if (!this.#isFetching) this.#goOn();
  }

  #goOn(): void {
    for (let step = this.#waiting.shift(); step !== undefined; step = this.#waiting.shift()) {
      const fetching = step();
      if (fetching === undefined) continue;
      this.#isFetching = true;
      return void fetching.then(() => {
        this.#isFetching = false;
        this.#goOn();
      });
    }
  }

  #open({ sender, number, messages, keptId }: Parcel): Promise<void> | undefined {
    if (sender === this.#options.sender || !this.#isNew(sender, number)) return;
    if (keptId !== undefined && this.#heardKept.has(keptId)) return;
    if (typeof messages === 'function') return this.#fetch(messages, keptId);
    this.#handOver(messages, keptId);
  }

  async #fetch(messages: () => Promise<readonly unknown[]>, keptId: string | undefined): Promise<void> {
    try {
      this.#handOver(await messages(), keptId);
    } catch (cause) {
      this.#report('A large event could not be fetched.', cause);
    }
  }

  #handOver(messages: readonly unknown[], keptId: string | undefined): void {
    if (keptId !== undefined) this.#heardKept.set(keptId, true);
    messages.forEach(this.#options.onMessage);
  }

  #isNew(sender: string, number: number): boolean {
    if (number <= (this.#lastNumbers.get(sender) ?? 0)) return false;
    this.#lastNumbers.set(sender, number);
    return true;
  }

  #report(what: string, cause?: unknown): void {
    this.#options.onError(new JobEventsServerError('BROADCAST_FAILED', `${what} Clients find the state by sync.`, { cause }));
  }
}
