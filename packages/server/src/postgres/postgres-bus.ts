import { randomUUID } from 'node:crypto';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import { decodeMessage, encodeMessage, type Message } from './cluster-codec.js';
import { ListenConnection } from './listen-connection.js';
import { MessageInbox } from './message-inbox.js';
import { NotifyQueue, type NotifyQueueOptions } from './notify-queue.js';

/** Who takes messages of the cluster in this process: the adapter of a namespace. */
export interface BusListener {
  /** From now on messages of other processes come, for the first time or again. */
  greet(): void;
  receive(message: Message): void;
}

export type PostgresBusOptions = Omit<NotifyQueueOptions, 'sender'>;

/**
 * Carries the messages of a Socket.IO cluster between processes, by LISTEN and NOTIFY. Listens once somebody in this
 * process takes messages: a worker that only reports needs no connection for it. Nothing here throws; what goes wrong is
 * told to `onError`.
 */
export class PostgresBus {
  readonly #options: PostgresBusOptions;
  readonly #queue: NotifyQueue;
  readonly #inbox: MessageInbox;
  readonly #listeners = new Set<BusListener>();
  #connection: ListenConnection | undefined;

  constructor(options: PostgresBusOptions) {
    this.#options = options;
    const { onError } = options;
    const sender = randomUUID();
    this.#queue = new NotifyQueue({ ...options, sender });
    this.#inbox = new MessageInbox({
      sender,
      onError,
      fetchLarge: (id) => this.#fetchLarge(id),
      onMessage: (message) => this.#deliver(message, undefined),
    });
  }

  join(listener: BusListener): void {
    this.#listeners.add(listener);
    this.#connection ??= this.#listen();
    if (this.#connection.isListening) listener.greet();
  }

  leave(listener: BusListener): void {
    this.#listeners.delete(listener);
  }

  /** Sends to the other processes, and to those in this one that are not `from`. */
  publish(message: Message, from?: BusListener): void {
    try {
      const encoded = encodeMessage(message);
      this.#queue.push(encoded);
      if (this.#listeners.size > (from === undefined ? 0 : 1)) this.#deliver(JSON.parse(encoded), from);
    } catch (cause) {
      this.#options.onError(new JobEventsServerError('BROADCAST_FAILED', 'An event could not be encoded; give what JSON can say.', { cause }));
    }
  }

  /** What is published already is sent before. */
  async close(): Promise<void> {
    await Promise.all([this.#queue.close(), this.#connection?.close()]);
  }

  #listen(): ListenConnection {
    return new ListenConnection(this.#options)
      .on('listening', () => this.#listeners.forEach((listener) => listener.greet()))
      .on('notification', (text) => this.#inbox.take(text))
      .on('lost', (cause) => this.#options.onError(
        new JobEventsServerError('CONNECTION_LOST', `The connection that listens to PostgreSQL was lost: ${messageOf(cause)} It is opened again; what is sent meanwhile is found by sync.`, { cause }),
      ));
  }

  #deliver(parsed: unknown, from: BusListener | undefined): void {
    for (const listener of this.#listeners) if (listener !== from) listener.receive(decodeMessage(parsed));
  }

  async #fetchLarge(id: string): Promise<string | undefined> {
    const { database, tablePrefix } = this.#options;
    const [row] = await database.query<{ body: string }>(`select body from ${tablePrefix}large_messages where id = $1`, [id]);
    return row?.body;
  }
}
