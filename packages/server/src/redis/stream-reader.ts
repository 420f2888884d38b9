import { EventEmitter } from 'eventemitter3';
import { fullJitter } from '../cluster/full-jitter.js';
import type { Timing } from '../timing.js';
import type { RedisLink } from './redis-link.js';
import { entriesOf, toEntries, type StreamEntry } from './stream-entry.js';
import { isBefore, resumePosition, startOfEmpty, type StreamId } from './stream-position.js';

export interface StreamReaderOptions {
  /** Opens a connection of the reader's own. */
  readonly open: () => Promise<RedisLink>;
  readonly stream: string;
  readonly timing: Timing;
}

interface StreamReaderEvents {
  /** Some come again after a loss. */
  entry: (entry: StreamEntry) => void;
  /** Each time that a connection has been opened. */
  reading: () => void;
  /** Entries may be gone that this reader has not read: the stream was trimmed past its position, emptied, or has gone back. */
  gap: () => void;
  /** Reads for the first time, after an attempt that failed: what was sent before is not read. */
  late: () => void;
  /** A connection was lost, or could not be opened. */
  lost: (cause: unknown) => void;
}

/** Less than what a connection may be silent for. */
const BLOCK_MS = 2_000;
const VERIFY_EVERY_MS = 5_000;
const MOST_AT_ONCE = 200;
const RETRY = { baseMs: 100, mostMs: 2_000 };

/**
 * Reads a stream on a connection of its own, from where the stream ends when the reader begins. After a loss of the
 * connection, or of entries, it reads on by time and id: nothing older than its beginning is announced.
 */
export class StreamReader extends EventEmitter<StreamReaderEvents> {
  readonly #options: StreamReaderOptions;
  #link: RedisLink | undefined;
  #start: StreamId | undefined;
  #position: StreamId = '0-0';
  /** Whether an entry of the stream had the id of the position. */
  #isPositionRead = false;
  #verifyAt = 0;
  #isReading = false;
  #hasFailed = false;
  #isClosed = false;

  constructor(options: StreamReaderOptions) {
    super();
    this.#options = options;
    void this.#readForEver();
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  close(): void {
    this.#isClosed = true;
    this.#link?.destroy();
  }

  async #readForEver(): Promise<void> {
    for (let failures = 0; !this.#isClosed; ) {
      try {
        await this.#open();
        failures = 0;
        while (!this.#isClosed) await this.#readOnce();
      } catch (cause) {
        this.#isReading = false;
        this.#link?.destroy();
        this.#link = undefined;
        if (this.#isClosed) return;
        this.#hasFailed = true;
        this.emit('lost', cause);
        const delay = fullJitter(failures++, RETRY);
        await new Promise<void>((resolve) => this.#options.timing.setTimeout(resolve, delay));
      }
    }
  }

  async #open(): Promise<void> {
    const link = await this.#options.open();
    if (this.#isClosed) return link.destroy();
    this.#link = link;
    await this.#locate(link);
    this.#isReading = true;
    this.emit('reading');
  }

  async #readOnce(): Promise<void> {
    const { stream, timing } = this.#options;
    const link = this.#link!;
    if (timing.monotonic() >= this.#verifyAt) {
      // A primary that has become a replica goes on answering, and a stream may be emptied on an open connection.
      await link.verify();
      await this.#locate(link);
    }
    const answer = await link.command('XREAD', 'COUNT', `${MOST_AT_ONCE}`, 'BLOCK', `${BLOCK_MS}`, 'STREAMS', stream, this.#position);
    const entries = toEntries(entriesOf(answer));
    // Only a reader that is behind is overtaken by the trimming of the stream.
    if (entries.length === MOST_AT_ONCE) this.#checkGap(await this.#oldest(link));
    for (const entry of entries) {
      this.#position = entry.id;
      this.#isPositionRead = true;
      this.emit('entry', entry);
    }
  }

  async #locate(link: RedisLink): Promise<void> {
    const { stream, timing } = this.#options;
    const [oldest, [last]] = await Promise.all([this.#oldest(link), link.command('XREVRANGE', stream, '+', '-', 'COUNT', '1').then(toEntries)]);
    this.#verifyAt = timing.monotonic() + VERIFY_EVERY_MS;
    if (this.#start === undefined) {
      this.#start = this.#position = last?.id ?? startOfEmpty(((await link.command('TIME')) as string[])[0]!);
      this.#isPositionRead = last !== undefined;
      if (this.#hasFailed) this.emit('late');
      return;
    }
    const position = resumePosition(last?.id ?? '0-0', this.#position, this.#start);
    if (position === this.#position) return this.#checkGap(oldest);
    this.#position = position;
    this.#isPositionRead = false;
    this.emit('gap');
  }

  async #oldest(link: RedisLink): Promise<StreamId | undefined> {
    return toEntries(await link.command('XRANGE', this.#options.stream, '-', '+', 'COUNT', '1'))[0]?.id;
  }

  #checkGap(oldest: StreamId | undefined): void {
    if (!this.#isPositionRead || oldest === undefined || !isBefore(this.#position, oldest)) return;
    this.#isPositionRead = false;
    this.emit('gap');
  }
}
