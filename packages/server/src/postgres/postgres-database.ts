import type pg from 'pg';
import { fullJitter } from '../cluster/full-jitter.js';
import { ConnectionHealth } from '../connection-health.js';
import type { OnError } from '../logger.js';
import { messageOf } from '../store/message-of.js';
import { realTiming, type Timing } from '../timing.js';
import { OwnPool } from './own-pool.js';
import { PostgresClient } from './postgres-client.js';
import { isConnectionFault, isSerializationFailure, PoolExhaustedError, ReadOnlyServerError, refusesStartupParameter } from './postgres-faults.js';
import { addressOf, checkUrl, listenConfigFor, poolConfigFor, STATEMENT_LIMITS, type PostgresLocation } from './postgres-location.js';
import { withLimits, type StatementLimits } from './statement-limits.js';
import { SupervisedPool } from './supervised-pool.js';

/** PostgreSQL, supervised: no loss of a connection throws into the process. */
export interface PostgresDatabase {
  /**
   * One statement on some connection. Rejects when no connection of the pool is free within 5 s, when the statement waits
   * for a lock for 3 s or takes 9 s, and when there is no answer within 10 s; the connection is left then.
   */
  query<Row>(text: string, values?: readonly unknown[], limits?: StatementLimits): Promise<Row[]>;
  /** A connection of one's own, not opened yet. Its `error` events are the caller's. */
  newClient(): PostgresClient;
  /** Uses no connection again that is open now: they may lead to a server that is gone, silent or demoted. */
  leaveConnections(): void;
  /** Whether the connection that listens has an address of its own, such as one around a pooler. */
  readonly listensElsewhere: boolean;
  /** Of the server, for people: `user@host:port/database`. */
  readonly address: string;
  /** Closes the pool that was opened here, after the statements under way, within `timeoutMs` (default: 5 s). Idempotent. */
  close(timeoutMs?: number): Promise<void>;
}

/** An answer that the server gives in time has arrived after this. */
const ANSWER_GRACE_MS = 1_000;
const PROBE_RETRY = { baseMs: 100, mostMs: 2_000 };
const CLOSE_MS = 5_000;

export interface OpenPostgresOptions {
  readonly timing?: Timing;
  /** Where the connection that listens goes, if not where the others do. */
  readonly listenUrl?: string | undefined;
}

/** The location has been checked. */
export function openPostgres(location: PostgresLocation, onError: OnError, { timing = realTiming, listenUrl }: OpenPostgresOptions = {}): PostgresDatabase {
  // Shared: whoever opened it closes it.
  if (location.database !== undefined) return { ...location.database, close: async () => {} };
  if (listenUrl !== undefined) checkUrl('listenUrl', listenUrl);
  const pool = location.pool ?? new OwnPool(poolConfigFor(location.url, location.poolOptions));
  const supervised = new SupervisedDatabase(pool, onError, timing);
  const listenConfig = listenConfigFor(pool instanceof OwnPool ? pool.pool.options : pool.options, listenUrl);
  return {
    query: (text, values, limits) => supervised.query(text, values, limits),
    newClient: () => new PostgresClient(listenConfig),
    leaveConnections: () => supervised.leaveConnections(),
    listensElsewhere: listenUrl !== undefined,
    address: supervised.address,
    close: (timeoutMs) => supervised.close(timeoutMs),
  };
}

class SupervisedDatabase {
  readonly address: string;
  readonly #pool: pg.Pool;
  readonly #own: OwnPool | undefined;
  readonly #supervised: SupervisedPool;
  readonly #health: ConnectionHealth;
  readonly #timing: Timing;
  readonly #limits: StatementLimits;
  /** Whether each statement names its limits and its isolation, which costs a little. Otherwise the session has them. */
  #namesLimits: boolean;
  #isProbing = false;
  #isClosed = false;

  constructor(pool: pg.Pool | OwnPool, onError: OnError, timing: Timing) {
    this.#own = pool instanceof OwnPool ? pool : undefined;
    this.#pool = pool instanceof OwnPool ? pool.pool : pool;
    this.#supervised = new SupervisedPool(this.#pool, timing);
    this.#timing = timing;
    this.#namesLimits = this.#own === undefined;
    this.#limits = this.#own === undefined ? STATEMENT_LIMITS : limitsOf(this.#pool.options);
    this.address = addressOf(this.#pool.options);
    this.#health = new ConnectionHealth({ connection: 'postgres pool', onError, consequence: 'It is opened again; what was asked meanwhile is rejected, and tried again by who asked.' });
    // Without a listener the loss of an idle connection would end the process.
    this.#pool.on('error', this.#onLost);
  }

  readonly #onLost = (cause: unknown): void => this.#lost(cause);

  async query<Row>(text: string, values: readonly unknown[] = [], limits?: StatementLimits): Promise<Row[]> {
    const namesLimits = this.#namesLimits;
    try {
      return await this.#query(text, values, limits);
    } catch (error) {
      if (namesLimits || !isSerializationFailure(error)) throw error;
      this.#namesLimits = true;
      return this.#query(text, values, limits);
    }
  }

  async #query<Row>(text: string, values: readonly unknown[], limits: StatementLimits | undefined): Promise<Row[]> {
    const client = await this.#checkOut();
    try {
      const rows = await this.#ask<Row>(client, text, values, limits);
      this.#supervised.giveBack(client);
      return rows;
    } catch (error) {
      if (isConnectionFault(error)) {
        this.#supervised.leave(client);
        this.#supervised.leaveAll();
        this.#lost(error);
      } else this.#supervised.giveBack(client);
      throw error;
    }
  }

  leaveConnections(): void {
    this.#supervised.leaveAll();
  }

  async close(timeoutMs = CLOSE_MS): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#own?.close(timeoutMs, this.#timing);
    // A pool of the application's keeps our listeners out of its life from here on.
    this.#pool.off('error', this.#onLost);
    this.#supervised.release();
  }

  async #checkOut(): Promise<pg.PoolClient> {
    try {
      return await this.#supervised.checkOut();
    } catch (cause) {
      if (this.#own?.takesStartupLimits === true && refusesStartupParameter(cause)) {
        this.#own.dropStartupLimits();
        return this.#checkOut();
      }
      if (cause instanceof PoolExhaustedError || this.#isClosed) throw cause;
      const error = Object.assign(new Error(`${this.address} cannot be reached: ${messageOf(cause)}`, { cause }), codeOf(cause));
      this.#lost(error);
      throw error;
    }
  }

  async #ask<Row>(client: pg.PoolClient, text: string, values: readonly unknown[], limits: StatementLimits | undefined): Promise<Row[]> {
    const { statementMs } = limits ?? this.#limits;
    const query_timeout = (statementMs || STATEMENT_LIMITS.statementMs) + ANSWER_GRACE_MS;
    const isLimitedBySession = limits === undefined && !this.#namesLimits && this.#own?.takesStartupLimits === true;
    const config = isLimitedBySession
      ? { text, query_timeout, ...(values.length > 0 && { values: [...values] }) }
      : { text: withLimits(text, values, limits ?? this.#limits), query_timeout };
    // Several statements have several results; `pg` has no type for that.
    const results = (await client.query(config)) as pg.QueryResult | pg.QueryResult[];
    return (Array.isArray(results) ? results.at(-1)! : results).rows as Row[];
  }

  #lost(cause: unknown): void {
    if (this.#isClosed) return;
    this.#health.lost(cause);
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.#probeLater(0);
  }

  /** Nobody may ask for long, and a read says nothing about writes: so the return is found out here. */
  #probeLater(failures: number): void {
    this.#timing.setTimeout(() => {
      if (this.#isClosed) return;
      this.#probe().then(
        () => {
          this.#isProbing = false;
          this.#health.restored();
        },
        () => this.#probeLater(failures + 1),
      );
    }, fullJitter(failures, PROBE_RETRY));
  }

  async #probe(): Promise<void> {
    const [row] = await this.query<{ read_only: string }>(`select current_setting('transaction_read_only') as read_only`);
    if (row?.read_only !== 'on') return;
    this.#supervised.leaveAll();
    throw new ReadOnlyServerError();
  }
}

const limitsOf = ({ statement_timeout, lock_timeout }: pg.PoolConfig): StatementLimits => ({
  statementMs: statement_timeout || 0,
  lockMs: lock_timeout || 0,
});

const codeOf = (error: unknown): { code?: unknown } => {
  const { code } = error as { code?: unknown };
  return code === undefined ? {} : { code };
};
