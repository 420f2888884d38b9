import { randomUUID } from 'node:crypto';
import type { BusListener, ClusterBus } from '../cluster/cluster-bus.js';
import type { Message } from '../cluster/cluster-codec.js';
import { fullJitter } from '../cluster/full-jitter.js';
import { Inbox, type Parcel } from '../cluster/inbox.js';
import { isCommand } from '../cluster/is-command.js';
import { LocalListeners } from '../cluster/local-listeners.js';
import { Outbox } from '../cluster/outbox.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import type { Timing } from '../timing.js';
import { ListenConnection } from './listen-connection.js';
import { MissedCommands } from './missed-commands.js';
import { packFrames, readFrame, type PackedFrames } from './notification-frames.js';
import type { PostgresDatabase } from './postgres-database.js';

export interface PostgresBusOptions {
  readonly database: PostgresDatabase;
  readonly channel: string;
  readonly tablePrefix: string;
  readonly onError: OnError;
  readonly timing: Timing;
}

const KEPT_FOR = '5 minutes';
const RETRY = { baseMs: 100, mostMs: 2_000 };

/**
 * A bus by LISTEN and NOTIFY. Events that are sent while the listening connection is lost are not heard, and found by
 * sync; commands, which no sync finds, are kept for 5 minutes and read when it listens again.
 */
export class PostgresBus implements ClusterBus {
  readonly #options: PostgresBusOptions;
  readonly #sender = randomUUID();
  readonly #outbox: Outbox<PackedFrames>;
  readonly #inbox: Inbox;
  readonly #listeners: LocalListeners;
  readonly #missed: MissedCommands;
  #connection: ListenConnection | undefined;

  constructor(options: PostgresBusOptions) {
    this.#options = options;
    const sender = this.#sender;
    this.#listeners = new LocalListeners(options.onError);
    this.#inbox = new Inbox({ sender, onError: options.onError, onMessage: (message) => this.#listeners.receive(message) });
    this.#missed = new MissedCommands({ tablePrefix: options.tablePrefix, sender });
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
    if (encoded !== undefined) this.#outbox.push(encoded, isCommand(message));
  }

  async close(): Promise<void> {
    await Promise.all([this.#outbox.close(), this.#connection?.close()]);
  }

  #listen(): ListenConnection {
    const connection = new ListenConnection(this.#options);
    return connection
      .on('listening', () => {
        void this.#catchUp(connection);
        this.#listeners.greet();
      })
      .on('notification', (text) => this.#inbox.take(() => this.#toParcel(text)))
      .on('lost', (cause) => this.#options.onError(
        new JobEventsServerError('CONNECTION_LOST', `The connection that listens to PostgreSQL was lost: ${messageOf(cause)} It is opened again; events that are sent meanwhile are found by sync.`, { cause }),
      ));
  }

  /** Tried again while the connection listens; the next one that does begins anew. */
  async #catchUp(connection: ListenConnection, failures = 0): Promise<void> {
    const { onError, timing } = this.#options;
    try {
      await this.#inbox.catchUp(() => this.#missed.read((text, values) => connection.query(text, values)));
    } catch (cause) {
      if (!connection.isListening) return;
      if (failures === 0)
        onError(new JobEventsServerError('BROADCAST_FAILED', 'What was revoked while nothing was heard from PostgreSQL could not be read; it is tried again.', { cause }));
      timing.setTimeout(() => connection.isListening && void this.#catchUp(connection, failures + 1), fullJitter(failures, RETRY));
    }
  }

  #toParcel(text: string): Parcel {
    const frame = readFrame(text);
    return 'messages' in frame ? frame : { ...frame, keptId: frame.largeId, messages: () => this.#fetchLarge(frame.largeId) };
  }

  async #notify({ frames, kept }: PackedFrames): Promise<void> {
    const { database, channel, tablePrefix } = this.#options;
    const notify = 'select pg_notify($1, frame) from (select frame from unnest($2::text[]) with ordinality as frames (frame, place) order by place) in_order';
    if (kept.length === 0) {
      await database.query(notify, [channel, frames]);
      return;
    }
    await database.query(
      `with kept as (insert into ${tablePrefix}kept_messages (sender, id, body, is_command)
              select $3::uuid, id, body, is_command from unnest($4::uuid[], $5::text[], $6::boolean[]) with ordinality as kept (id, body, is_command, place) order by place
              on conflict do nothing),
            old as (delete from ${tablePrefix}kept_messages where sent_at < now() - interval '${KEPT_FOR}')
       ${notify}`,
      [channel, frames, this.#sender, kept.map(({ id }) => id), kept.map(({ body }) => body), kept.map((message) => message.isCommand)],
    );
  }

  async #fetchLarge(id: string): Promise<readonly unknown[]> {
    const { database, tablePrefix } = this.#options;
    const [row] = await database.query<{ body: string }>(`select body from ${tablePrefix}kept_messages where id = $1`, [id]);
    if (row === undefined) throw new Error(`Message ${id} was gone before it could be fetched.`);
    return [JSON.parse(row.body)];
  }
}
