import { randomUUID } from 'node:crypto';
import type { BusListener, ClusterBus } from '../cluster/cluster-bus.js';
import type { Message } from '../cluster/cluster-codec.js';
import { fullJitter } from '../cluster/full-jitter.js';
import { Inbox, type Parcel } from '../cluster/inbox.js';
import { isCommand } from '../cluster/is-command.js';
import { LocalListeners } from '../cluster/local-listeners.js';
import { Outbox } from '../cluster/outbox.js';
import { ConnectionHealth } from '../connection-health.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Timing } from '../timing.js';
import { channelConflict, claimChannel, tagOf } from './channel.js';
import { KeptPlaces } from './kept-places.js';
import { ListenConnection } from './listen-connection.js';
import { KEPT_MINUTES, MissedCommands } from './missed-commands.js';
import { packFrames, readFrame, type PackedFrames } from './notification-frames.js';
import type { PostgresDatabase } from './postgres-database.js';

export interface PostgresBusOptions {
  readonly database: PostgresDatabase;
  readonly channel: string;
  /** What the names of the tables begin with in SQL, their schema included: the connection that listens may have another `search_path`. */
  readonly tablePrefix: string;
  /** The tables with their schema, `schema.prefix`: whose events these are. */
  readonly tables: string;
  readonly onError: OnError;
  readonly timing: Timing;
}

/** What processes left behind that did not live for as long as messages are kept, by the database's clock. */
const AT_LONGEST = '1 day';
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
  readonly #places: KeptPlaces;
  readonly #tag: string;
  #connection: ListenConnection | undefined;
  #hasReportedOthers = false;

  constructor(options: PostgresBusOptions) {
    this.#options = options;
    this.#tag = tagOf(options.tables);
    this.#places = new KeptPlaces(options.timing);
    const sender = this.#sender;
    this.#listeners = new LocalListeners(options.onError);
    this.#inbox = new Inbox({ sender, onError: options.onError, onMessage: (message) => this.#listeners.receive(message) });
    this.#missed = new MissedCommands({ tablePrefix: options.tablePrefix, sender, timing: options.timing, onGap: () => this.#onGap() });
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

  /**
   * Tries whether this process would hear what is notified, on a connection that is closed then.
   *
   * @throws NotHeardError through a pooler that does not keep connections apart
   * @throws JobEventsServerError `INVALID_OPTIONS` when the channel is in use with other tables
   */
  async checkListening(): Promise<void> {
    const { channel, tables } = this.#options;
    const connection = new ListenConnection({ ...this.#options, prepare: (client) => claimChannel(client, channel, tables) });
    try {
      await new Promise<void>((resolve, reject) => void connection.on('listening', resolve).on('lost', reject));
    } finally {
      await connection.close();
    }
  }

  async close(timeoutMs?: number): Promise<void> {
    await Promise.all([this.#outbox.close(timeoutMs), this.#connection?.close(timeoutMs)]);
  }

  #listen(): ListenConnection {
    const { channel, tables } = this.#options;
    const connection = new ListenConnection({ ...this.#options, prepare: (client) => claimChannel(client, channel, tables).catch((error: unknown) => this.#onConflict(error)) });
    const health = new ConnectionHealth({ connection: 'postgres listen', onError: this.#options.onError, consequence: 'It is opened again; events that are sent meanwhile are found by sync.' });
    return connection
      .on('listening', () => {
        health.restored();
        void this.#catchUp(connection);
        this.#listeners.greet();
      })
      .on('notification', (text) => this.#take(text))
      .on('lost', (cause) => {
        this.#missed.stopped();
        health.lost(cause);
      });
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

  #onGap(): void {
    const message = `Nothing was heard from PostgreSQL for longer than ${KEPT_MINUTES} minutes. Clients find events by sync; what authorize allowed is asked about again, because a revoke may be among what was missed.`;
    this.#options.onError(new JobEventsServerError('BROADCAST_FAILED', message));
    this.#listeners.missed();
  }

  /** Another application came to the channel after we did. Its events are left out, and ours by it. */
  #onConflict(error: unknown): void {
    if (!(error instanceof JobEventsServerError)) throw error;
    if (this.#hasReportedOthers) return;
    this.#hasReportedOthers = true;
    this.#options.onError(error);
  }

  #take(text: string): void {
    const [, tag, frame] = /^([\w-]{10}) (.*)$/s.exec(text) ?? [];
    if (tag === undefined || tag === this.#tag) this.#inbox.take(() => this.#toParcel(frame ?? text));
    else this.#onConflict(channelConflict(this.#options.channel));
  }

  #toParcel(text: string): Parcel {
    const frame = readFrame(text);
    return 'messages' in frame ? frame : { ...frame, keptId: frame.largeId, messages: () => this.#fetchLarge(frame.largeId) };
  }

  async #notify({ frames, kept }: PackedFrames): Promise<void> {
    const { database, channel, tablePrefix } = this.#options;
    const tagged = frames.map((frame) => `${this.#tag} ${frame}`);
    const frame = '(select frame from unnest($2::text[]) with ordinality as frames (frame, place) order by place) in_order';
    if (kept.length === 0) {
      await database.query(`select pg_notify($1, frame) from ${frame}`, [channel, tagged]);
      return;
    }
    const [row] = await database.query<{ place: string | null }>(
      `with kept as (insert into ${tablePrefix}kept_messages (sender, id, body, is_command)
              select $3::uuid, id, body, is_command from unnest($4::uuid[], $5::text[], $6::boolean[]) with ordinality as kept (id, body, is_command, place) order by place
              on conflict do nothing returning place),
            old as (delete from ${tablePrefix}kept_messages where id in (
              select id from ${tablePrefix}kept_messages where place <= $7::bigint or sent_at < now() - interval '${AT_LONGEST}' for update skip locked))
       select pg_notify($1, frame), (select max(place) from kept) as place from ${frame}`,
      [channel, tagged, this.#sender, kept.map(({ id }) => id), kept.map(({ body }) => body), kept.map((message) => message.isCommand), this.#places.seenBefore(KEPT_MINUTES * 60_000)],
    );
    if (row?.place != null) this.#places.see(Number(row.place));
  }

  /**
   * On the connection that listens: where it does not answer no other event comes either, so nothing waits for a pool that
   * others have taken.
   */
  async #fetchLarge(id: string): Promise<readonly unknown[]> {
    const connection = this.#connection!;
    try {
      const [row] = await connection.query<{ body: string }>(`select body from ${this.#options.tablePrefix}kept_messages where id = $1`, [id]);
      if (row === undefined) throw new Error(`Message ${id} was gone before it could be fetched.`);
      return [JSON.parse(row.body)];
    } catch (error) {
      // If it is a command, no sync finds it.
      void this.#catchUp(connection);
      throw error;
    }
  }
}
