import type { Timing } from '../timing.js';
import { classifyRedisError, withAdvice } from './classify-redis-error.js';
import type { RedisDriver } from './redis-client.js';

export interface RedisLinkOptions {
  readonly driver: RedisDriver;
  readonly timing: Timing;
  /** Whether the client is the library's, to be closed with the link. */
  readonly isOwn: boolean;
  /** A key of the application's, whose node answers for all. */
  readonly probeKey: string;
}

/** Nothing was answered for so long, or the connection was not opened. */
const SILENT_AFTER_MS = 5_000;
/** One command was not answered for so long, while others were: a node of several is silent. */
const OVERDUE_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 500;

interface Pending {
  readonly since: number;
  readonly reject: (error: Error) => void;
}

/**
 * One connection to Redis, until it is lost; it is never opened again. It is lost when the client says so, when commands
 * are not answered, and when an answer says that another node has to be asked. Then every open command rejects.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #pending = new Set<Pending>();
  readonly #lossListeners = new Set<(cause: Error) => void>();
  readonly #stops: (() => void)[];
  #lost: Error | undefined;
  #lastAnswerAt = -Infinity;
  #timer: unknown;

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#stops = [options.driver.onLost((cause) => this.#lose(cause))];
  }

  /** Connects, and rejects unless this is a primary that takes commands. */
  async open(): Promise<void> {
    try {
      await this.#untilLost(() => this.#options.driver.connect());
    } catch (cause) {
      const error = withAdvice(cause);
      this.#lose(error);
      throw error;
    }
    await this.verify();
  }

  /** Rejects, and leaves the connection, unless this is a primary that takes commands. */
  async verify(): Promise<void> {
    const { driver, probeKey } = this.#options;
    try {
      const [role] = await Promise.all([driver.isCluster ? undefined : this.#role(), this.command('EXISTS', probeKey)]);
      if (role === 'replica' || role === 'slave') throw withAdvice(new Error('READONLY It answers as a replica.'));
    } catch (error) {
      // A user without the permission to ask for a key is answered all the same.
      if (this.#lost === undefined && !classifyRedisError(error).leaves) return;
      this.#lose(error as Error);
      throw error;
    }
  }

  async command(...args: string[]): Promise<unknown> {
    try {
      const answer = await this.#untilLost(() => this.#options.driver.send(args));
      this.#lastAnswerAt = this.#options.timing.monotonic();
      return answer;
    } catch (cause) {
      const error = withAdvice(cause);
      if (classifyRedisError(cause).leaves) this.#lose(error);
      else this.#lastAnswerAt = this.#options.timing.monotonic();
      throw error;
    }
  }

  /** Called once, when the connection is lost or left; at once if it is already. */
  onLost(listener: (cause: Error) => void): void {
    if (this.#lost === undefined) this.#lossListeners.add(listener);
    else listener(this.#lost);
  }

  /** Lets go at once, without a word to `onLost`. */
  destroy(): void {
    this.#lossListeners.clear();
    this.#lose(new Error('The connection was closed.'));
  }

  #lose(cause: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = cause;
    const { driver, isOwn, timing } = this.#options;
    timing.clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
    if (isOwn) driver.destroy();
    for (const { reject } of this.#pending) reject(cause);
    this.#pending.clear();
    for (const listener of this.#lossListeners) listener(cause);
  }

  #untilLost<T>(work: () => Promise<T>): Promise<T> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = { since: this.#options.timing.monotonic(), reject };
      this.#pending.add(pending);
      if (this.#pending.size === 1) this.#lookLater();
      const settled = (): void => {
        this.#pending.delete(pending);
        if (this.#pending.size === 0) this.#options.timing.clearTimeout(this.#timer);
      };
      work().then(
        (value) => {
          settled();
          resolve(value);
        },
        (error: unknown) => {
          settled();
          reject(error as Error);
        },
      );
    });
  }

  #lookLater(): void {
    const { timing } = this.#options;
    timing.clearTimeout(this.#timer);
    const plannedAt = timing.monotonic() + LOOK_EVERY_MS;
    this.#timer = timing.setTimeout(() => this.#look(timing.monotonic() - plannedAt), LOOK_EVERY_MS);
  }

  /** Pending commands stand in the order in which they were sent. */
  #look(lateMs: number): void {
    const [oldest] = this.#pending;
    if (oldest === undefined) return;
    const now = this.#options.timing.monotonic();
    const waited = now - oldest.since;
    const silent = now - Math.max(oldest.since, this.#lastAnswerAt);
    // After a pause of the process itself, answers may wait to be read.
    const wasPaused = lateMs > LOOK_EVERY_MS;
    if (!wasPaused && (silent >= SILENT_AFTER_MS || waited >= OVERDUE_AFTER_MS)) this.#lose(new Error(`Redis did not answer within ${Math.round(waited)} ms.`));
    else this.#lookLater();
  }

  /** From 6.2 on every user may ask for it. What does not know the question is no replica of Redis. */
  async #role(): Promise<string | undefined> {
    const answer = await this.command('HELLO').catch((error: unknown) => {
      if (classifyRedisError(error).leaves) throw error;
      return undefined;
    });
    if (Array.isArray(answer)) return answer[answer.indexOf('role') + 1] as string;
    return answer instanceof Map ? (answer.get('role') as string) : (answer as { role?: string } | undefined)?.role;
  }
}
