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
 * round trip. While nobody takes them a bounded number of bytes waits for at most 15 s; what is lost then is reported.
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
    if (this.#work === undefined || (await new Deadline(timeoutMs, this.#options.timing).settles(this.#work))) return;
    const count = this.#underWay + this.#waiting.splice(0).length;
    this.#waitingBytes = 0;
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
        return;
      } catch (cause) {
        const isLast = this.#isClosed || timing.monotonic() >= giveUpAt;
        if (isLast) return this.#report(`${batch.length} events could not be sent and are given up.`, cause);
        if (failures === 0) this.#report(`${batch.length} events could not be sent; they are tried again.`, cause);
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
    if (count > 0) this.#report(`${count} events waited too long and are given up.`);
  }

  #report(what: string, cause?: unknown): void {
    if (this.#isGivenUp) return;
    this.#options.onError(new JobEventsServerError('BROADCAST_FAILED', `${what} Clients find the state by sync.`, { cause }));
  }
}
