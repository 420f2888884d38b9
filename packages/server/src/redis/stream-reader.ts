import { EventEmitter } from 'eventemitter3';
import { fullJitter } from '../cluster/full-jitter.js';
import type { Timing } from '../timing.js';
import type { RedisConnection } from './redis-connection.js';

export interface StreamEntry {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

interface StreamReaderEvents {
  entry: (entry: StreamEntry) => void;
  /** Each time that a connection has been opened. */
  reading: () => void;
  /** Once for each time that it is lost, however many tries it takes to open it again. */
  lost: (cause: unknown) => void;
}

const BLOCK_MS = 4_000;
const MOST_AT_ONCE = 200;
const RETRY = { baseMs: 100, mostMs: 2_000 };

/**
 * Reads a stream on a connection of its own, from its end at the beginning on. After a loss of the connection it reads on
 * where it was; where the stream has begun anew meanwhile, from its beginning.
 */
export class StreamReader extends EventEmitter<StreamReaderEvents> {
  readonly #source: RedisConnection;
  readonly #stream: string;
  readonly #timing: Timing;
  #connection: RedisConnection | undefined;
  #position: string | undefined;
  #isReading = false;
  #isClosed = false;

  constructor({ connection, stream, timing }: { connection: RedisConnection; stream: string; timing: Timing }) {
    super();
    this.#source = connection;
    this.#stream = stream;
    this.#timing = timing;
    void this.#readForEver();
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.destroy();
  }

  async #readForEver(): Promise<void> {
    for (let failures = 0; !this.#isClosed; ) {
      try {
        await this.#open();
        failures = 0;
        while (!this.#isClosed) await this.#readOnce();
      } catch (cause) {
        this.#isReading = false;
        // Once: a client that cannot connect again would take each further goodbye for a new one.
        this.#connection?.destroy();
        this.#connection = undefined;
        if (this.#isClosed) return;
        if (failures === 0) this.emit('lost', cause);
        const delay = fullJitter(failures++, RETRY);
        await new Promise<void>((resolve) => this.#timing.setTimeout(resolve, delay));
      }
    }
  }

  async #open(): Promise<void> {
    const connection = await this.#source.openAnother();
    this.#connection = connection;
    const [last] = toEntries(await connection.command('XREVRANGE', this.#stream, '+', '-', 'COUNT', '1'));
    const end = last?.id ?? '0-0';
    if (this.#position === undefined) this.#position = end;
    else if (isBefore(end, this.#position)) this.#position = '0-0';
    if (this.#isClosed) return connection.destroy();
    this.#isReading = true;
    this.emit('reading');
  }

  async #readOnce(): Promise<void> {
    const answer = await this.#connection!.command('XREAD', 'COUNT', `${MOST_AT_ONCE}`, 'BLOCK', `${BLOCK_MS}`, 'STREAMS', this.#stream, this.#position!);
    for (const entry of toEntries(entriesOf(answer))) {
      this.#position = entry.id;
      this.emit('entry', entry);
    }
  }
}

/** Of one stream: a list of pairs in RESP 2; a map, which clients show as an object or a Map, in RESP 3. */
function entriesOf(answer: unknown): unknown {
  if (answer === null || answer === undefined) return [];
  if (Array.isArray(answer)) return Array.isArray(answer[0]) ? (answer[0] as unknown[])[1] : answer[1];
  return answer instanceof Map ? [...answer.values()][0] : Object.values(answer)[0];
}

function toEntries(answer: unknown): StreamEntry[] {
  return ((answer ?? []) as [id: string, fields: unknown][]).map(([id, fields]) => ({ id: String(id), fields: toRecord(fields) }));
}

function toRecord(fields: unknown): Record<string, string> {
  if (!Array.isArray(fields)) return Object.fromEntries(fields instanceof Map ? fields : Object.entries(fields as object));
  return Object.fromEntries(Array.from({ length: fields.length / 2 }, (_, index) => [String(fields[index * 2]), String(fields[index * 2 + 1])]));
}

function isBefore(id: string, other: string): boolean {
  const [ms = 0, count = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherCount = 0] = other.split('-').map(Number);
  return ms < otherMs || (ms === otherMs && count < otherCount);
}
