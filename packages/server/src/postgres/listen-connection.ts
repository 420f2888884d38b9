import { EventEmitter } from 'eventemitter3';
import type pg from 'pg';
import type { Timing } from '../timing.js';
import { fullJitter } from '../cluster/full-jitter.js';
import type { PostgresDatabase } from './postgres-database.js';

export interface ListenConnectionOptions {
  readonly database: PostgresDatabase;
  readonly channel: string;
  readonly timing: Timing;
}

interface ListenConnectionEvents {
  /** Each time that it has been opened. */
  listening: () => void;
  notification: (text: string) => void;
  /** Once for each time that it is lost, however many tries it takes to open it again. */
  lost: (cause: unknown) => void;
}

/** Nothing heard for so long, and we ask whether the connection lives. */
const CHECK_AFTER_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;
const RETRY = { baseMs: 100, mostMs: 5_000 };

type State =
  | { readonly name: 'connecting'; readonly client: pg.Client }
  | { readonly name: 'listening'; readonly client: pg.Client; readonly timer: unknown }
  | { readonly name: 'waiting'; readonly timer: unknown }
  | { readonly name: 'closed' };

/**
 * The connection that listens, opened again whenever it is lost: when it says so, and when it no longer answers. What is
 * notified while it is away is not heard.
 */
export class ListenConnection extends EventEmitter<ListenConnectionEvents> {
  readonly #options: ListenConnectionOptions;
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

  /** Asks on this connection, which is known to live. Rejects where it does not listen, and after 5 s without an answer. */
  async query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    if (this.#state.name !== 'listening') throw new Error('The connection that listens is not open.');
    return (await this.#within(this.#state.client.query(text, [...values]))).rows as Row[];
  }

  async close(): Promise<void> {
    const state = this.#state;
    this.#state = { name: 'closed' };
    if ('timer' in state) this.#options.timing.clearTimeout(state.timer);
    if ('client' in state) await endQuietly(state.client);
  }

  #connect(): State {
    const { database, channel } = this.#options;
    const client = database.newClient();
    // From the first moment to after the last: a connection that errs without a listener ends the process.
    client.on('error', (error) => this.#lose(client, error));
    client.on('end', () => this.#lose(client, new Error('The server closed it.')));
    /** What came in the same breath as the answer to LISTEN, and so before anybody knows of that. */
    const early: string[] = [];
    client.on('notification', ({ payload = '' }) => {
      this.#checkLater(client);
      if (this.isListening) this.emit('notification', payload);
      else early.push(payload);
    });
    // A server that accepts and then is silent is found out by the deadline.
    this.#within(client.connect().then(() => client.query(`listen "${channel}"`))).then(
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

  #listening(client: pg.Client): State {
    return { name: 'listening', client, timer: this.#options.timing.setTimeout(() => this.#check(client), CHECK_AFTER_MS) };
  }

  #checkLater(client: pg.Client): void {
    if (this.#state.name !== 'listening' || this.#state.client !== client) return;
    this.#options.timing.clearTimeout(this.#state.timer);
    this.#state = this.#listening(client);
  }

  #check(client: pg.Client): void {
    this.#within(client.query('select 1')).then(
      () => this.#checkLater(client),
      (error: unknown) => this.#lose(client, error),
    );
  }

  #lose(client: pg.Client, cause: unknown): void {
    if (!('client' in this.#state) || this.#state.client !== client) return;
    if (this.#state.name === 'listening') this.#options.timing.clearTimeout(this.#state.timer);
    if (this.#failures === 0) this.emit('lost', cause);
    const delay = fullJitter(this.#failures++, RETRY);
    this.#state = { name: 'waiting', timer: this.#options.timing.setTimeout(() => (this.#state = this.#connect()), delay) };
    void endQuietly(client);
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.timing.setTimeout(() => reject(new Error(`No answer within ${ANSWER_WITHIN_MS} ms.`)), ANSWER_WITHIN_MS);
      answer.then(resolve, reject).finally(() => this.#options.timing.clearTimeout(timer));
    });
  }
}

/** A connection may be dead already; then there is nothing to say goodbye to. */
async function endQuietly(client: pg.Client): Promise<void> {
  await client.end().catch(() => {});
}
