import type { OnError } from './logger.js';
import { JobEventsServerError, type StoreName } from './server-errors.js';
import { messageOf } from './store/message-of.js';
import type { Timing } from './timing.js';

/** A failed call that nobody repeats for so long has been given up, and says no more about the store. */
const GIVEN_UP_AFTER_MS = 30_000;
/** Of more failing calls the oldest are forgotten. */
const MOST_FAILING = 10_000;

export interface StoreHealthOptions {
  readonly store: StoreName;
  readonly timing: Timing;
  readonly onError: OnError;
  /** What follows from an outage, as a sentence for the error. */
  readonly consequence: string;
  readonly givenUpAfterMs?: number;
}

/**
 * Reports each outage of a store once, as `STORE_FAILED`, and each return once, as `STORE_RESTORED`, however many calls
 * fail in between. A store has returned when every call that failed has succeeded since, or was given up: one node, or one
 * record, that is refused while others are stored is one outage, and so is a store that answers reads and refuses writes.
 */
export class StoreHealth {
  readonly #options: StoreHealthOptions;
  /** When each call failed last, on the monotonic clock; the longest ago first. */
  readonly #failing = new Map<unknown, number>();
  #outage: { readonly since: number; failures: number; begunWithout: number } | undefined;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  /** `call` names what failed, so that its success is recognized. */
  failed(call: unknown, cause: unknown): void {
    this.#open(cause, call).failures++;
  }

  /** A job that begins without an answer: reported where nothing was before. `call` is what it does not wait for any longer. */
  begunWithout(call: unknown, jobId: string): void {
    this.#open(new Error(`Job ${jobId} begins without the store, which has not answered yet; it is reported on as soon as the store answers.`), call).begunWithout++;
  }

  succeeded(call: unknown): void {
    if (this.#outage === undefined) return;
    this.#failing.delete(call);
    this.#dropGivenUp();
    if (this.#failing.size > 0) return;
    const { since, failures, begunWithout } = this.#outage;
    this.#outage = undefined;
    const { store, timing, onError } = this.#options;
    const seconds = Math.round((timing.monotonic() - since) / 1_000);
    const begun = begunWithout > 0 ? ` ${counted(begunWithout, 'job')} began without it.` : '';
    onError(new JobEventsServerError('STORE_RESTORED', `The ${store} works again after ${counted(seconds, 'second')} and ${counted(failures, 'failed call')}.${begun}`, { store }));
  }

  /** One answer about many jobs: `failures` has those that it leaves out, and why. */
  answered(kind: string, jobIds: readonly string[], failures: ReadonlyMap<string, unknown>): void {
    // First what failed: the return is not reported amid a batch of which a part fails.
    for (const [jobId, cause] of failures) this.failed(`${kind} ${jobId}`, cause);
    if (this.#outage === undefined) return;
    for (const jobId of jobIds) if (!failures.has(jobId)) this.succeeded(`${kind} ${jobId}`);
  }

  /** No answer about any of these jobs. */
  unanswered(kind: string, jobIds: readonly string[], cause: unknown): void {
    for (const jobId of jobIds) this.failed(`${kind} ${jobId}`, cause);
  }

  #open(cause: unknown, call: unknown): { failures: number; begunWithout: number } {
    const { store, timing, onError, consequence } = this.#options;
    const now = timing.monotonic();
    this.#failing.delete(call);
    this.#failing.set(call, now);
    if (this.#failing.size > MOST_FAILING) this.#failing.delete(this.#failing.keys().next().value);
    if (this.#outage !== undefined) return this.#outage;
    const outage = (this.#outage = { since: now, failures: 0, begunWithout: 0 });
    onError(new JobEventsServerError('STORE_FAILED', `The ${store} failed; ${consequence} ${messageOf(cause)}`, { cause, store }));
    return outage;
  }

  #dropGivenUp(): void {
    const { timing, givenUpAfterMs = GIVEN_UP_AFTER_MS } = this.#options;
    const givenUpBefore = timing.monotonic() - givenUpAfterMs;
    for (const [call, failedAt] of this.#failing) {
      if (failedAt > givenUpBefore) return;
      this.#failing.delete(call);
    }
  }
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The jobs of a batch that could not be decided, and why. */
export function failuresOf(jobIds: readonly string[], results: readonly { readonly outcome: string; readonly cause?: unknown }[]): ReadonlyMap<string, unknown> {
  const failures = new Map<string, unknown>();
  for (const [index, { outcome, cause }] of results.entries()) if (outcome === 'failed') failures.set(jobIds[index]!, cause);
  return failures;
}
