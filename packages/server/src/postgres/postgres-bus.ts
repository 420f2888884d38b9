import { randomUUID } from 'node:crypto';
import type { BusListener, ClusterBus } from '../cluster/cluster-bus.js';
import { LocalListeners } from '../cluster/local-listeners.js';
import { Inbox, type Parcel } from '../cluster/inbox.js';
import type { Message } from '../cluster/cluster-codec.js';
import { Outbox } from '../cluster/outbox.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import type { Timing } from '../timing.js';
import { ListenConnection } from './listen-connection.js';
import { packFrames, readFrame, type PackedFrames } from './notification-frames.js';
import type { PostgresDatabase } from './postgres-database.js';

export interface PostgresBusOptions {
  readonly database: PostgresDatabase;
  readonly channel: string;
  readonly tablePrefix: string;
  readonly onError: OnError;
  readonly timing: Timing;
}

const LARGE_KEPT_FOR = '5 minutes';

/** A bus by LISTEN and NOTIFY. What is sent while the listening connection is lost is not heard, and found by sync. */
export class PostgresBus implements ClusterBus {
  readonly #options: PostgresBusOptions;
  readonly #outbox: Outbox<PackedFrames>;
  readonly #inbox: Inbox;
  readonly #listeners: LocalListeners;
  #connection: ListenConnection | undefined;

  constructor(options: PostgresBusOptions) {
    this.#options = options;
    const sender = randomUUID();
    this.#listeners = new LocalListeners(options.onError);
    this.#inbox = new Inbox({ sender, onError: options.onError, onMessage: (message) => this.#listeners.receive(message) });
    this.#outbox = new Outbox({
      ...options,
      pack: (messages, firstNumber) => {
        const packed = packFrames(sender, firstNumber, messages, randomUUID);
        return { packed, numbers: packed.frames.length };
      },
      send: (packed) => this.#notify(packed),
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

  publish(message: Message, from?: BusListener): void {
    const encoded = this.#listeners.deliver(message, from);
    if (encoded !== undefined) this.#outbox.push(encoded);
  }

  async close(): Promise<void> {
    await Promise.all([this.#outbox.close(), this.#connection?.close()]);
  }

  #listen(): ListenConnection {
    return new ListenConnection(this.#options)
      .on('listening', () => this.#listeners.greet())
      .on('notification', (text) => this.#inbox.take(() => this.#toParcel(text)))
      .on('lost', (cause) => this.#options.onError(
        new JobEventsServerError('CONNECTION_LOST', `The connection that listens to PostgreSQL was lost: ${messageOf(cause)} It is opened again; what is sent meanwhile is found by sync.`, { cause }),
      ));
  }

  #toParcel(text: string): Parcel {
    const frame = readFrame(text);
    return 'messages' in frame ? frame : { ...frame, messages: () => this.#fetchLarge(frame.largeId) };
  }

  async #notify({ frames, large }: PackedFrames): Promise<void> {
    const { database, channel, tablePrefix } = this.#options;
    const notify = 'select pg_notify($1, frame) from (select frame from unnest($2::text[]) with ordinality as frames (frame, place) order by place) in_order';
    if (large.length === 0) {
      await database.query(notify, [channel, frames]);
      return;
    }
    await database.query(
      `with kept as (insert into ${tablePrefix}large_messages (id, body) select * from unnest($3::uuid[], $4::text[]) on conflict do nothing),
            old as (delete from ${tablePrefix}large_messages where sent_at < now() - interval '${LARGE_KEPT_FOR}')
       ${notify}`,
      [channel, frames, large.map(({ id }) => id), large.map(({ body }) => body)],
    );
  }

  async #fetchLarge(id: string): Promise<readonly unknown[]> {
    const { database, tablePrefix } = this.#options;
    const [row] = await database.query<{ body: string }>(`select body from ${tablePrefix}large_messages where id = $1`, [id]);
    if (row === undefined) throw new Error(`Message ${id} was gone before it could be fetched.`);
    return [JSON.parse(row.body)];
  }
}
