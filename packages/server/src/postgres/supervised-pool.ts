import type pg from 'pg';
import type { Timing } from '../timing.js';
import { PostgresClient } from './postgres-client.js';
import { PoolExhaustedError } from './postgres-faults.js';

const CHECKOUT_MS = 5_000;

/**
 * Lends the connections of a pool, within a time limit. Connections can be left: those that were open at that moment are
 * closed instead of being lent again.
 */
export class SupervisedPool {
  readonly #pool: pg.Pool;
  readonly #timing: Timing;
  /** How often connections have been left before a client was opened. */
  readonly #openedAfter = new WeakMap<object, number>();
  #timesLeft = 0;

  constructor(pool: pg.Pool, timing: Timing) {
    this.#pool = pool;
    this.#timing = timing;
    pool.on('connect', this.#onConnect);
  }

  readonly #onConnect = (client: pg.PoolClient): void => void this.#openedAfter.set(client, this.#timesLeft);

  /**
   * A connection, to be given to `giveBack` or `leave`. Its `error` events are silent meanwhile: the statement on it rejects.
   *
   * @throws PoolExhaustedError when none is free within 5 s
   */
  async checkOut(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await this.#connect();
      if ((this.#openedAfter.get(client) ?? 0) === this.#timesLeft) return client;
      this.leave(client);
    }
  }

  giveBack(client: pg.PoolClient): void {
    client.off('error', ignore);
    client.release();
  }

  /** Closes a connection instead of giving it back. */
  leave(client: pg.PoolClient): void {
    client.off('error', ignore);
    client.release(true);
    if (client instanceof PostgresClient) client.destroy();
  }

  /** From now on only connections that are opened after this are lent. */
  leaveAll(): void {
    this.#timesLeft++;
  }

  /** Forgets the pool, which goes on without us. */
  release(): void {
    this.#pool.off('connect', this.#onConnect);
  }

  #connect(): Promise<pg.PoolClient> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = this.#timing.setTimeout(() => {
        isLate = true;
        reject(this.#lateError());
      }, CHECKOUT_MS, true);
      const settle = (take: () => void): void => {
        this.#timing.clearTimeout(timer);
        if (!isLate) take();
      };
      // By callback: a server that is shut down may say so in the same packet as that it is ready, before anybody who awaits
      // a promise has the client, and a client that errs without a listener ends the process.
      this.#pool.connect((error, client) => {
        if (client === undefined) return settle(() => reject(error!));
        if (isLate) return client.release();
        client.on('error', ignore);
        settle(() => resolve(client));
      });
    });
  }

  #lateError(): Error {
    const { totalCount, idleCount, options: { max = 10 } } = this.#pool;
    return totalCount - idleCount >= max ? new PoolExhaustedError(max, CHECKOUT_MS) : new Error(`No connection could be opened within ${CHECKOUT_MS} ms.`);
  }
}

const ignore = (): void => {};
