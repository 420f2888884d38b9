import type { ConnectionHealth } from '../connection-health.js';
import { fullJitter } from '../cluster/full-jitter.js';
import { answerWithin, type Timing } from '../timing.js';
import { classifyRedisError } from './classify-redis-error.js';
import type { RedisLink } from './redis-link.js';

/** Redis, for one command after another. */
export interface RedisConnection {
  /** One command. Rejects when Redis refuses it, is away, or does not answer. */
  command(...args: string[]): Promise<unknown>;
  /** Called after each loss, once the connection is open again: perhaps to another server. `lostAt`: on the monotonic clock. */
  onReopened?(listener: (lostAt: number) => void): void;
}

export interface SupervisedConnectionOptions {
  /** Opens a connection that is verified. Called again after each loss. */
  readonly open: () => Promise<RedisLink>;
  /** Why not to open it again, once the client that it came from has been closed. */
  readonly closedBecause?: () => Error | undefined;
  readonly health: ConnectionHealth;
  readonly timing: Timing;
}

const RETRY = { baseMs: 100, mostMs: 2_000 };
/** Reads on a primary that has become a replica do not fail, and a connection that is idle may be dead. */
const VERIFY_EVERY_MS = 5_000;
const READY_WITHIN_MS = 5_000;

type State =
  | { readonly name: 'new' }
  | { readonly name: 'opening'; readonly opened: Promise<RedisLink> }
  | { readonly name: 'open'; readonly link: RedisLink; readonly timer: unknown }
  | { readonly name: 'waiting'; readonly timer: unknown; readonly cause: Error }
  | { readonly name: 'closed'; readonly cause: Error };

/**
 * A connection for commands that is left and made anew whenever it is lost. Opens at the first command. Until it is open
 * for the first time commands wait; later they reject at once while Redis is away, so that nothing piles up.
 */
export class SupervisedConnection implements RedisConnection {
  readonly #options: SupervisedConnectionOptions;
  #state: State = { name: 'new' };
  #failures = 0;
  #lostAt: number | undefined;
  readonly #reopenedListeners: ((lostAt: number) => void)[] = [];

  constructor(options: SupervisedConnectionOptions) {
    this.#options = options;
  }

  async command(...args: string[]): Promise<unknown> {
    return (await this.#link()).command(...args);
  }

  onReopened(listener: (lostAt: number) => void): void {
    this.#reopenedListeners.push(listener);
  }

  /**
   * Opens the connection. Rejects when it cannot be opened, at once; after 5 s where Redis is there but not ready, such as
   * one that loads its data. Reports nothing: the caller gives up.
   */
  async ready(): Promise<void> {
    const { timing } = this.#options;
    const giveUpAt = timing.monotonic() + READY_WITHIN_MS;
    for (let failures = 0; ; failures++) {
      try {
        await answerWithin(this.#startOpening(), READY_WITHIN_MS, timing, 'Redis');
        return;
      } catch (error) {
        if (!classifyRedisError(error).isPassing || timing.monotonic() >= giveUpAt) throw error;
        await new Promise<void>((resolve) => timing.setTimeout(resolve, fullJitter(failures, RETRY), true));
        if (this.#state.name !== 'closed') this.#state = { name: 'new' };
      }
    }
  }

  close(cause = new Error('The connection was closed.')): void {
    const state = this.#state;
    this.#state = { name: 'closed', cause };
    if ('timer' in state) this.#options.timing.clearTimeout(state.timer);
    if (state.name === 'open') state.link.destroy();
    if (state.name === 'opening') state.opened.then((link) => link.destroy(), () => undefined);
  }

  #link(): RedisLink | Promise<RedisLink> {
    const { health } = this.#options;
    switch (this.#state.name) {
      case 'new': {
        const opened = this.#startOpening();
        opened.catch((error: Error) => this.#lose(error));
        return opened;
      }
      case 'opening':
        if (health.isLost) throw new Error('Redis is away; the connection is being opened again.');
        return this.#state.opened;
      case 'open':
        return this.#state.link;
      case 'waiting':
      case 'closed':
        throw this.#state.cause;
    }
  }

  #startOpening(): Promise<RedisLink> {
    const opened = this.#options.open().then((link) => {
      if (this.#state.name !== 'opening') {
        link.destroy();
        throw new Error('The connection was closed.');
      }
      this.#failures = 0;
      this.#state = { name: 'open', link, timer: undefined };
      this.#verifyLater(link);
      link.onLost((cause) => this.#lose(cause));
      this.#options.health.restored();
      this.#tellReopened();
      return link;
    });
    this.#state = { name: 'opening', opened };
    return opened;
  }

  #tellReopened(): void {
    const lostAt = this.#lostAt;
    this.#lostAt = undefined;
    if (lostAt !== undefined) for (const listener of this.#reopenedListeners) listener(lostAt);
  }

  #verifyLater(link: RedisLink): void {
    if (this.#state.name !== 'open' || this.#state.link !== link) return;
    const timer = this.#options.timing.setTimeout(() => void link.verify().then(() => this.#verifyLater(link), () => undefined), VERIFY_EVERY_MS);
    this.#state = { name: 'open', link, timer };
  }

  #lose(cause: Error): void {
    const { health, timing } = this.#options;
    if (this.#state.name === 'closed') return;
    const closedBecause = this.#options.closedBecause?.();
    if (closedBecause !== undefined) return this.close(closedBecause);
    if ('timer' in this.#state) timing.clearTimeout(this.#state.timer);
    this.#lostAt ??= timing.monotonic();
    const delay = fullJitter(this.#failures++, RETRY);
    // A process that waits for Redis does not end by itself.
    const timer = timing.setTimeout(() => void this.#startOpening().catch((error: Error) => this.#lose(error)), delay, true);
    this.#state = { name: 'waiting', timer, cause };
    health.lost(cause);
  }
}
