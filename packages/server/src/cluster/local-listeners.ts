import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { BusListener } from './cluster-bus.js';
import { decodeMessage, encodeMessage, type Message } from './cluster-codec.js';

/** Those in this process that take messages. */
export class LocalListeners {
  readonly #listeners = new Set<BusListener>();
  readonly #onError: OnError;

  constructor(onError: OnError) {
    this.#onError = onError;
  }

  add(listener: BusListener): void {
    this.#listeners.add(listener);
  }

  delete(listener: BusListener): void {
    this.#listeners.delete(listener);
  }

  greet(): void {
    for (const listener of this.#listeners) listener.greet();
  }

  missed(): void {
    for (const listener of this.#listeners) listener.missed();
  }

  /** A message from another process, its JSON parsed. */
  receive(parsed: unknown): void {
    this.#handOver(parsed, undefined);
  }

  /** A message from `from` to all others here. Returns it encoded for the other processes; `undefined` if it cannot be. */
  deliver(message: Message, from: BusListener | undefined): string | undefined {
    let encoded: string;
    try {
      encoded = encodeMessage(message);
    } catch (cause) {
      this.#report('An event could not be encoded; give what JSON can say.', cause);
      return undefined;
    }
    if (this.#listeners.size > (from === undefined ? 0 : 1)) this.#handOver(JSON.parse(encoded), from);
    return encoded;
  }

  #handOver(parsed: unknown, from: BusListener | undefined): void {
    for (const listener of this.#listeners) {
      if (listener === from) continue;
      try {
        listener.receive(decodeMessage(parsed));
      } catch (cause) {
        this.#report('An event could not be delivered to the sockets of this process.', cause);
      }
    }
  }

  #report(what: string, cause: unknown): void {
    this.#onError(new JobEventsServerError('BROADCAST_FAILED', what, { cause }));
  }
}
