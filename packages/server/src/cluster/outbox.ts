import { Deadline } from '../deadline.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Timing } from '../timing.js';
import { fullJitter } from './full-jitter.js';

/** An encoded message. */
export interface Outgoing {
  readonly message: string;
  readonly isCommand: boolean;
}

export interface OutboxOptions<Packed> {
  /** Makes of messages what is sent; `firstNumber` counts what was sent before. Called once for each batch. */
  readonly pack: (messages: readonly Outgoing[], firstNumber: number) => { readonly packed: Packed; readonly numbers: number };
  /** Sends a batch. Called again with the same batch when it rejects: heard twice, it has to count once. */
  readonly send: (packed: Packed) => Promise<unknown>;
  readonly onError: OnError;
  readonly timing: Timing;
}

const MOST_AT_ONCE = 500;
const MOST_BYTES_AT_ONCE = 1024 * 1024;
const MOST_QUEUED_BYTES = 8 * 1024 * 1024;
/** After that an event is of no use any more: whoever watches has found the state by sync. */
const GIVEN_UP_AFTER_MS = 15_000;
/** How long `close` waits by default. */
const CLOSES_WITHIN_MS = 5_000;
const RETRY = { baseMs: 100, mostMs: 2_000 };

interface Waiting extends Outgoing {
  readonly bytes: number;
  readonly since: number;
}

/**
 * Sends messages in their order, one batch at a time: what comes meanwhile goes along with the next, so that a burst is one
 * round trip. While nobody takes them a bounded number of bytes waits for at most 15 s. An outage is reported when it begins,
 * when the first events of it are lost, and when it ends with others lost, however many there are.
 */
export class Outbox<Packed> {
  readonly #options: OutboxOptions<Packed>;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #nextNumber = 1;
  #work: Promise<void> | undefined;
  /** Events of the batch on its way. */
  #underWay = 0;
  #isClosed = false;
  #isGivenUp = false;
  /** Since when nobody takes anything, and how many events were lost since. */
  #outage: { lost: number; unreported: number } | undefined;

  constructor(options: OutboxOptions<Packed>) {
    this.#options = options;
  }

  push(message: string, isCommand: boolean): void {
    if (this.#isClosed) return;
    const bytes = Buffer.byteLength(message);
    this.#waiting.push({ message, isCommand, bytes, since: this.#options.timing.monotonic() });
    this.#waitingBytes += bytes;
    this.#giveUpWhile(() => this.#waitingBytes > MOST_QUEUED_BYTES);
    this.#work ??= Promise.resolve().then(() => this.#sendAll());
  }

  /**
   * Takes nothing more. Resolves when what waits has been sent, could not be sent at its next try, or after `timeoutMs`,
   * however many batches wait: what is left then is given up and reported once. Never rejects.
   */
  async close(timeoutMs = CLOSES_WITHIN_MS): Promise<void> {
    this.#isClosed = true;
    if (this.#work === undefined || (await new Deadline(timeoutMs, this.#options.timing).settles(this.#work))) return this.#reportLost();
    const count = this.#underWay + this.#waiting.splice(0).length;
    this.#waitingBytes = 0;
    this.#reportLost();
    this.#report(`${count} events could not be sent within the ${Math.round(timeoutMs)} ms that close waits, and are given up.`);
    this.#isGivenUp = true;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      this.#underWay = batch.length;
      await this.#sendUntilDone(batch);
      this.#underWay = 0;
    }
    this.#work = undefined;
  }

  #takeBatch(): readonly Waiting[] {
    let count = 0;
    let batchBytes = 0;
    for (const { bytes } of this.#waiting) {
      if (count > 0 && (count === MOST_AT_ONCE || batchBytes + bytes > MOST_BYTES_AT_ONCE)) break;
      count++;
      batchBytes += bytes;
    }
    this.#waitingBytes -= batchBytes;
    return this.#waiting.splice(0, count);
  }

  async #sendUntilDone(batch: readonly Waiting[]): Promise<void> {
    const { pack, send, timing } = this.#options;
    const { packed, numbers } = pack(batch, this.#nextNumber);
    this.#nextNumber += numbers;
    const giveUpAt = batch[0]!.since + GIVEN_UP_AFTER_MS;
    for (let failures = 0; ; failures++) {
      try {
        await send(packed);
        this.#reportLost();
        this.#outage = undefined;
        return;
      } catch (cause) {
        const isLast = this.#isClosed || timing.monotonic() >= giveUpAt;
        if (isLast) return this.#lose(batch.length, cause);
        if (this.#outage === undefined) this.#report(`${batch.length} events could not be sent; they are tried again.`, cause);
        this.#outage ??= { lost: 0, unreported: 0 };
        // What waits is sent before the process ends by itself; it is given up after 15 s at the latest.
        await new Promise<void>((resolve) => timing.setTimeout(resolve, fullJitter(failures, RETRY), true));
      }
      this.#giveUpWhile((since) => since + GIVEN_UP_AFTER_MS < timing.monotonic());
    }
  }

  #giveUpWhile(isToLeave: (since: number) => boolean): void {
    let count = 0;
    while (this.#waiting.length > 0 && isToLeave(this.#waiting[0]!.since)) {
      this.#waitingBytes -= this.#waiting.shift()!.bytes;
      count++;
    }
    if (count > 0) this.#lose(count);
  }

  /** The first of an outage is reported at once, since a revoke may be among them; the others as it ends. */
  #lose(count: number, cause?: unknown): void {
    const outage = (this.#outage ??= { lost: 0, unreported: 0 });
    if (outage.lost === 0) this.#report(`${count} events could not be sent in time and are given up. Others may follow until they can be sent.`, cause);
    else outage.unreported += count;
    outage.lost += count;
  }

  #reportLost(): void {
    if (this.#outage === undefined || this.#outage.unreported === 0) return;
    this.#report(`${this.#outage.lost} events in all could not be sent in time and were given up.`);
    this.#outage.unreported = 0;
  }

  #report(what: string, cause?: unknown): void {
    if (this.#isGivenUp) return;
    this.#options.onError(new JobEventsServerError('BROADCAST_FAILED', `${what} Clients find the state by sync.`, { cause }));
  }
}
