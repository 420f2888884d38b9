import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'eventemitter3';
import { fullJitter } from '../cluster/full-jitter.js';
import { Deadline } from '../deadline.js';
import { within, type Timing } from '../timing.js';
import type { PostgresClient } from './postgres-client.js';
import type { PostgresDatabase } from './postgres-database.js';
import { ReadOnlyServerError } from './postgres-faults.js';
import { withLimits } from './statement-limits.js';

export interface ListenConnectionOptions {
  readonly database: PostgresDatabase;
  readonly channel: string;
  readonly timing: Timing;
  /** Done on each connection before it counts as listening. Rejects: the connection is given up. */
  readonly prepare?: (client: PostgresClient) => Promise<unknown>;
}

interface ListenConnectionEvents {
  /** Each time that it has been opened. */
  listening: () => void;
  notification: (text: string) => void;
  /** At each try that fails, and when it is lost. */
  lost: (cause: unknown) => void;
}

/** NOTIFY was acknowledged, and did not arrive. */
export class NotHeardError extends Error {
  constructor() {
    super('A NOTIFY to itself did not arrive. A pooler in transaction or statement mode, such as PgBouncer, is between, or listenUrl leads to another database than url. Give listenUrl: a connection string to the server itself, or to a pooler in session mode.');
  }
}

/** How often we ask whether the connection lives, takes writes, and hears what is notified. */
const CHECK_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;
const READ_MS = 500;
/** While this connection waits for a lock or a long statement, it hears nothing. */
const QUERY_LIMITS = { statementMs: 3_000, lockMs: 1_000 };
const RETRY = { baseMs: 100, mostMs: 5_000 };

type State =
  | { readonly name: 'connecting'; readonly client: PostgresClient }
  | { readonly name: 'listening'; readonly client: PostgresClient; readonly timer: unknown }
  | { readonly name: 'waiting'; readonly timer: unknown }
  | { readonly name: 'closed' };

/**
 * The connection that listens, opened again whenever it is lost: when it says so, when it no longer answers, when its
 * server takes no more writes, and when what is notified does not arrive. What is notified while it is away is not heard.
 */
export class ListenConnection extends EventEmitter<ListenConnectionEvents> {
  readonly #options: ListenConnectionOptions;
  /** A channel of its own, so that nobody else is woken. */
  readonly #probeChannel = `job_events_probe_${randomUUID()}`;
  #heardProbe: ((token: string) => void) | undefined;
  #state: State;
  #failures = 0;

  constructor(options: ListenConnectionOptions) {
    super();
    this.#options = options;
    this.#state = this.#connect();
  }

  get isListening(): boolean {
    return this.#state.name === 'listening';
  }

  /** Asks on this connection, which is known to live. Rejects where it does not listen, after 1 s behind a lock, and after 5 s without an answer. */
  async query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    if (this.#state.name !== 'listening') throw new Error('The connection that listens is not open.');
    return lastRows<Row>(await this.#within(this.#state.client.query(withLimits(text, values, QUERY_LIMITS))));
  }

  /** Says goodbye, for at most `timeoutMs`. */
  async close(timeoutMs = ANSWER_WITHIN_MS): Promise<void> {
    const state = this.#state;
    this.#state = { name: 'closed' };
    if ('timer' in state) this.#options.timing.clearTimeout(state.timer);
    if (!('client' in state)) return;
    await new Deadline(timeoutMs, this.#options.timing).settles(state.client.end());
    state.client.destroy();
  }

  #connect(): State {
    const client = this.#options.database.newClient();
    // From the first moment to after the last: a connection that errs without a listener ends the process.
    client.on('error', (error) => this.#lose(client, error));
    client.on('end', () => this.#lose(client, new Error('The server closed it.')));
    /** What came before anybody knows that it listens. */
    const early: string[] = [];
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === this.#probeChannel) this.#heardProbe?.(payload);
      else if (this.isListening) this.emit('notification', payload);
      else early.push(payload);
    });
    this.#open(client).then(
      () => {
        if (this.#state.name !== 'connecting' || this.#state.client !== client) return;
        this.#failures = 0;
        this.#state = this.#listening(client);
        this.emit('listening');
        for (const text of early) this.emit('notification', text);
      },
      (error: unknown) => this.#lose(client, error),
    );
    return { name: 'connecting', client };
  }

  async #open(client: PostgresClient): Promise<void> {
    const { channel, prepare } = this.#options;
    // A server that accepts and then is silent is found out by the deadline.
    await this.#within(client.connect());
    await this.#within(client.query(`listen "${channel}"; listen "${this.#probeChannel}"`));
    try {
      await this.#checkServer(client);
    } catch (error) {
      // The connection that a pooler has lent for LISTEN is used by others now.
      if (error instanceof NotHeardError) await this.#within(client.query(`unlisten "${channel}"; unlisten "${this.#probeChannel}"`));
      throw error;
    }
    if (prepare !== undefined) await this.#within(prepare(client));
  }

  #listening(client: PostgresClient): State {
    return { name: 'listening', client, timer: this.#options.timing.setTimeout(() => this.#check(client), CHECK_EVERY_MS) };
  }

  #check(client: PostgresClient): void {
    this.#checkServer(client).then(
      () => {
        if (this.#state.name === 'listening' && this.#state.client === client) this.#state = this.#listening(client);
      },
      (error: unknown) => this.#lose(client, error),
    );
  }

  /** Rejects unless this is the server that takes writes, and what is notified there arrives here. */
  async #checkServer(client: PostgresClient): Promise<void> {
    const [row] = lastRows<{ read_only: string }>(await this.#within(client.query(`select current_setting('transaction_read_only') as read_only`)));
    if (row?.read_only === 'on') throw new ReadOnlyServerError();
    const token = randomUUID();
    const heard = new Promise<void>((resolve) => (this.#heardProbe = (text) => text === token && resolve()));
    try {
      await this.#options.database.query('select pg_notify($1, $2)', [this.#probeChannel, token]);
    } catch {
      // Nothing was notified, which says nothing about this connection. The pool reports its own losses.
      return;
    }
    await this.#within(heard, () => new NotHeardError());
  }

  #lose(client: PostgresClient, cause: unknown): void {
    if (!('client' in this.#state) || this.#state.client !== client) return;
    const { database, timing } = this.#options;
    if (this.#state.name === 'listening') timing.clearTimeout(this.#state.timer);
    if (this.#concernsPool(cause)) database.leaveConnections();
    const delay = fullJitter(this.#failures++, RETRY);
    this.#state = { name: 'waiting', timer: timing.setTimeout(() => (this.#state = this.#connect()), delay) };
    // It may be dead already, or silent: there is nobody to say goodbye to.
    client.end().catch(() => {});
    client.destroy();
    this.emit('lost', cause);
  }

  /**
   * What took this connection may have taken those of the pool, which find out only when they are used. Not where it has an
   * address of its own, and not because it cannot be opened: each try would leave a pool that is in order.
   */
  #concernsPool(cause: unknown): boolean {
    if (cause instanceof NotHeardError) return true;
    return this.#state.name === 'listening' && (cause instanceof ReadOnlyServerError || !this.#options.database.listensElsewhere);
  }

  #within<T>(answer: Promise<T>, late = () => new Error(`No answer within ${ANSWER_WITHIN_MS} ms.`)): Promise<T> {
    const { timing } = this.#options;
    // A process that was busy for so long has not read yet what has arrived.
    return within(answer, ANSWER_WITHIN_MS, timing, () => within(answer, READ_MS, timing, () => {
      throw late();
    }));
  }
}

/** Several statements have several results; `pg` has no type for that. */
function lastRows<Row>(results: unknown): Row[] {
  const last = Array.isArray(results) ? results.at(-1) : results;
  return (last as { rows: Row[] }).rows;
}
