import { randomUUID } from 'node:crypto';
import type { BusListener, ClusterBus } from '../cluster/cluster-bus.js';
import type { Message } from '../cluster/cluster-codec.js';
import { Inbox, type Parcel } from '../cluster/inbox.js';
import { isCommand } from '../cluster/is-command.js';
import { LocalListeners } from '../cluster/local-listeners.js';
import { Outbox } from '../cluster/outbox.js';
import { ConnectionHealth } from '../connection-health.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Timing } from '../timing.js';
import type { OpenedRedis } from './open-redis.js';
import type { StreamEntry } from './stream-entry.js';
import { StreamBound } from './stream-bound.js';
import { streamConflict } from './stream-owner.js';
import { StreamReader } from './stream-reader.js';

export interface RedisBusOptions {
  readonly redis: Pick<OpenedRedis, 'connection' | 'openAnother'>;
  readonly stream: string;
  /** Whose events these are. Each entry names it; entries of another are left out. */
  readonly keyPrefix: string;
  /** About how much of Redis's memory the stream takes. Default: 64 MiB. */
  readonly streamMaxBytes?: number | undefined;
  readonly onError: OnError;
  readonly timing: Timing;
}

const STREAM_MAX_BYTES = 64 * 1024 * 1024;

/**
 * A bus over a stream of Redis, an entry for each batch. Whoever loses the connection reads on where it was: unlike
 * pub/sub, a stream does not lose what is sent meanwhile, unless Redis itself forgets it.
 */
export class RedisBus implements ClusterBus {
  readonly #options: RedisBusOptions;
  readonly #outbox: Outbox<readonly string[]>;
  readonly #inbox: Inbox;
  readonly #listeners: LocalListeners;
  #reader: StreamReader | undefined;
  #hasReportedOthers = false;

  constructor(options: RedisBusOptions) {
    this.#options = options;
    const { redis, stream, keyPrefix, streamMaxBytes = STREAM_MAX_BYTES, onError } = options;
    const sender = randomUUID();
    const bound = new StreamBound(streamMaxBytes);
    this.#listeners = new LocalListeners(onError);
    this.#inbox = new Inbox({ sender, onError, onMessage: (message) => this.#listeners.receive(message) });
    this.#outbox = new Outbox<readonly string[]>({
      ...options,
      pack: (messages, firstNumber) => {
        const text = `[${messages.map(({ message }) => message).join(',')}]`;
        const entries = bound.entriesWith(Buffer.byteLength(text));
        return { packed: ['XADD', stream, 'MAXLEN', '~', `${entries}`, '*', 'prefix', keyPrefix, 'sender', sender, 'number', `${firstNumber}`, 'messages', text], numbers: 1 };
      },
      send: (command) => redis.connection.command(...command),
    });
  }

  join(listener: BusListener): void {
    this.#listeners.add(listener);
    this.#reader ??= this.#read();
    if (this.#reader.isReading) listener.greet();
  }

  leave(listener: BusListener): void {
    this.#listeners.delete(listener);
  }

  publish(message: Message, from?: BusListener): void {
    const encoded = this.#listeners.deliver(message, from);
    if (encoded !== undefined) this.#outbox.push(encoded, isCommand(message));
  }

  async close(timeoutMs?: number): Promise<void> {
    this.#reader?.close();
    await this.#outbox.close(timeoutMs);
  }

  #read(): StreamReader {
    const { redis, stream, onError, timing } = this.#options;
    const health = new ConnectionHealth({ connection: 'redis stream', onError, consequence: 'It is opened again and reads on where it was.' });
    return new StreamReader({ open: () => redis.openAnother(), stream, timing })
      .on('reading', () => {
        health.restored();
        this.#listeners.greet();
      })
      .on('entry', ({ fields }) => this.#take(fields))
      .on('gap', () => {
        onError(new JobEventsServerError('BROADCAST_FAILED', 'The stream of Redis lost entries before this process read them. Clients find events by sync; what authorize allowed is asked about again, because a revoke may be among them.'));
        this.#listeners.missed();
      })
      .on('late', () => this.#listeners.missed())
      .on('lost', (cause) => health.lost(cause));
  }

  #take(fields: StreamEntry['fields']): void {
    const { prefix, messages } = fields;
    if (prefix !== undefined && prefix !== this.#options.keyPrefix) this.#onConflict(prefix);
    // A claim carries nothing.
    else if (prefix === undefined || messages !== undefined) this.#inbox.take(() => toParcel(fields));
  }

  /** Another application has come to the stream since Redis lost what said whose it is. */
  #onConflict(owner: string): void {
    const { stream, keyPrefix, onError } = this.#options;
    if (this.#hasReportedOthers) return;
    this.#hasReportedOthers = true;
    onError(streamConflict(stream, owner, keyPrefix));
  }
}

function toParcel({ sender, number, messages }: StreamEntry['fields']): Parcel {
  if (sender === undefined || messages === undefined) throw new Error('An entry of another kind is in the stream.');
  return { sender, number: Number(number), messages: JSON.parse(messages) as unknown[] };
}
