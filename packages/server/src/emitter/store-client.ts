import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { StoreHealth } from '../store-health.js';
import { Remembered } from '../remembered.js';
import type { JobStore } from '../store/job-store.js';
import { messageOf } from '../store/message-of.js';
import { answerWithin, type Timing } from '../timing.js';

/** A store that has not answered for so long is taken to be away. */
const ANSWER_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const MOST_FAILING = 1_000;

export interface RetryOptions {
  /** When to stop trying, on the monotonic clock. Default: never. */
  readonly giveUpAt?: number;
  /** Asked before each retry. */
  readonly isStillWanted?: () => boolean;
}

/** Calls a store that may be away: reports each outage and each return once, retries with backoff, and stops when the emitter is closed. */
export class StoreClient {
  readonly #store: JobStore;
  readonly #timing: Timing;
  readonly #onError: OnError;
  readonly #sleepers = new Set<() => void>();
  /** Of calls under way. */
  readonly #cuts = new Set<() => void>();
  /** Jobs that failed while others in their batch did not. */
  readonly #failing = new Remembered<true>(MOST_FAILING);
  readonly #health: StoreHealth;
  #isClosed = false;

  constructor(options: { store: JobStore; timing: Timing; onError: OnError }) {
    this.#store = options.store;
    this.#timing = options.timing;
    this.#onError = options.onError;
    this.#health = new StoreHealth({ store: 'store', timing: options.timing, onError: options.onError, consequence: 'it is tried again, and progress goes on without it.' });
  }

  /**
   * Calls the store once. `name` is the same each time that the caller repeats a call by itself: one that failed is
   * failing until it succeeds.
   *
   * @throws JobEventsServerError `STORE_UNAVAILABLE`
   */
  async call<Answer>(name: string, request: (store: JobStore) => Promise<Answer>, ms = ANSWER_MS): Promise<Answer> {
    return this.#call(name, request, ms);
  }

  async #call<Answer>(call: unknown, request: (store: JobStore) => Promise<Answer>, ms: number): Promise<Answer> {
    if (this.#isClosed) throw new JobEventsServerError('STORE_UNAVAILABLE', 'The emitter is closed and asks the store nothing any more.');
    try {
      const answer = await answerWithin(this.#unlessClosed(request(this.#store)), ms, this.#timing, 'The store');
      this.#health.succeeded(call);
      return answer;
    } catch (cause) {
      // A caller that is cut short by close reports what becomes of its call.
      if (!this.#isClosed) this.#health.failed(call, cause);
      throw new JobEventsServerError('STORE_UNAVAILABLE', `The store cannot be reached: ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * Retries until the store answers, with exponential backoff.
   *
   * @throws JobEventsServerError `STORE_UNAVAILABLE` once that is given up, and at once after `close`.
   */
  async callWithRetry<Answer>(request: (store: JobStore) => Promise<Answer>, retry: RetryOptions = {}): Promise<Answer> {
    const { giveUpAt = Infinity, isStillWanted = () => true } = retry;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      try {
        const left = giveUpAt - this.#timing.monotonic();
        return await this.#call(request, request, Math.max(1, Math.min(ANSWER_MS, left)));
      } catch (error) {
        const left = giveUpAt - this.#timing.monotonic();
        if (this.#isClosed || left <= 0) throw error;
        await this.#sleep(Math.min(pause, left));
        if (this.#isClosed || this.#timing.monotonic() >= giveUpAt || !isStillWanted()) throw error;
      }
    }
  }

  /** A job begins without an answer that it has waited for. Counted until the answer comes, and reported where the store has not been. */
  begunWithout(answer: Promise<unknown>, jobId: string): void {
    this.#health.begunWithout(answer, jobId);
    answer.then(() => this.#health.succeeded(answer), () => undefined);
  }

  /** Reports the jobs of a batch that failed, each once until it succeeds. The results stand in the order of the jobs. */
  reportFailures(jobIds: readonly string[], results: readonly { readonly outcome: string; readonly cause?: unknown }[]): void {
    const failed = jobIds.filter((jobId, index) => results[index]?.outcome === 'failed' && !this.#failing.has(jobId));
    for (const [index, { outcome }] of results.entries()) if (outcome !== 'failed') this.#failing.delete(jobIds[index]!);
    for (const jobId of failed) this.#failing.set(jobId, true);
    const [jobId] = failed;
    if (jobId === undefined) return;
    const cause = results[jobIds.indexOf(jobId)]!.cause;
    const jobs = failed.length === 1 ? `job ${jobId}` : `job ${jobId} and ${failed.length - 1} others`;
    this.#onError(new JobEventsServerError('STORE_FAILED', `The state of ${jobs} could not be stored and is tried again; other jobs are not affected. ${messageOf(cause)}`, { jobId, cause }));
  }

  /** Nothing is tried again from now on, nor waited for. */
  close(): void {
    this.#isClosed = true;
    for (const wake of this.#sleepers) wake();
    for (const cut of this.#cuts) cut();
  }

  #unlessClosed<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const cut = (): void => reject(new Error('The emitter was closed before the store answered.'));
      this.#cuts.add(cut);
      answer.then(resolve, reject).finally(() => this.#cuts.delete(cut));
    });
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#timing.clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      // With its connections gone, nothing else may keep a process from ending before what it has to say is stored.
      const timer = this.#timing.setTimeout(wake, ms, true);
      this.#sleepers.add(wake);
    });
  }
}
