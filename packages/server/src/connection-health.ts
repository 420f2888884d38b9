import type { OnError } from './logger.js';
import { JobEventsServerError, type ConnectionName } from './server-errors.js';
import { messageOf } from './store/message-of.js';

export interface ConnectionHealthOptions {
  readonly connection: ConnectionName;
  readonly onError: OnError;
  /** What follows from a loss, as a sentence for the error. */
  readonly consequence: string;
}

/**
 * Reports each loss of a connection once, as `CONNECTION_LOST`, and each return once, as `CONNECTION_RESTORED`, however
 * many attempts lie between. A connection counts as working until it is reported as lost.
 */
export class ConnectionHealth {
  readonly #options: ConnectionHealthOptions;
  #isLost = false;

  constructor(options: ConnectionHealthOptions) {
    this.#options = options;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  lost(cause: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const { connection, consequence, onError } = this.#options;
    onError(new JobEventsServerError('CONNECTION_LOST', `The connection '${connection}' is lost: ${asSentence(messageOf(cause))} ${consequence}`, { cause, connection }));
  }

  restored(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    const { connection, onError } = this.#options;
    onError(new JobEventsServerError('CONNECTION_RESTORED', `The connection '${connection}' works again.`, { connection }));
  }
}

/** Messages of other packages have no full stop. */
const asSentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
