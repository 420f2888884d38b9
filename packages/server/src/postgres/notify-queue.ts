import { randomUUID } from 'node:crypto';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Timing } from '../timing.js';
import { fullJitter } from './full-jitter.js';
import { packFrames, type PackedFrames } from './notification-frames.js';
import type { PostgresDatabase } from './postgres-database.js';

export interface NotifyQueueOptions {
  readonly database: PostgresDatabase;
  readonly channel: string;
  readonly tablePrefix: string;
  /** Who we are among those that use the channel. */
  readonly sender: string;
  readonly onError: OnError;
  readonly timing: Timing;
}

const MOST_AT_ONCE = 500;
const MOST_QUEUED_BYTES = 8 * 1024 * 1024;
/** After that an event is of no use any more: whoever watches has found the state by sync. */
const GIVEN_UP_AFTER_MS = 15_000;
const LARGE_KEPT_FOR = '5 minutes';

/**
 * Sends messages by NOTIFY: in their order, one statement at a time, so that a burst is one round trip. While PostgreSQL
 * is away a bounded number of bytes waits for at most 15 s; what is lost then is reported, and found by sync.
 */
export class NotifyQueue {
  readonly #options: NotifyQueueOptions;
  #waiting: { readonly message: string; readonly bytes: number; readonly since: number }[] = [];
  #waitingBytes = 0;
  #nextNumber = 1;
  #work: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: NotifyQueueOptions) {
    this.#options = options;
  }

  push(message: string): void {
    if (this.#isClosed) return;
    const bytes = Buffer.byteLength(message);
    this.#waiting.push({ message, bytes, since: this.#options.timing.now() });
    this.#waitingBytes += bytes;
    this.#dropWhere(() => this.#waitingBytes > MOST_QUEUED_BYTES);
    this.#work ??= Promise.resolve().then(() => this.#send());
  }

  /** Resolves when what waits has been sent or given up. Nothing is taken any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#work;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_AT_ONCE);
      for (const { bytes } of batch) this.#waitingBytes -= bytes;
      const packed = packFrames(this.#options.sender, this.#nextNumber, batch.map(({ message }) => message), randomUUID);
      this.#nextNumber += packed.frames.length;
      await this.#sendUntilDone(packed, batch.length, batch[0]!.since + GIVEN_UP_AFTER_MS);
    }
    this.#work = undefined;
  }

  /** The same frames each time, with the same numbers: heard twice, they count once. */
  async #sendUntilDone(packed: PackedFrames, count: number, giveUpAt: number): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.#notify(packed);
      } catch (cause) {
        const isLast = this.#isClosed || this.#options.timing.now() >= giveUpAt;
        if (failures === 0 || isLast) this.#report(isLast ? `${count} events could not be sent and are given up.` : `${count} events could not be sent; they are tried again.`, cause);
        if (isLast) return;
        await new Promise<void>((resolve) => this.#options.timing.setTimeout(resolve, fullJitter(failures, { baseMs: 100, mostMs: 2_000 })));
      }
      this.#dropWhere((since) => since + GIVEN_UP_AFTER_MS < this.#options.timing.now());
    }
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

  #dropWhere(isToLeave: (since: number) => boolean): void {
    let dropped = 0;
    while (this.#waiting.length > 0 && isToLeave(this.#waiting[0]!.since)) {
      this.#waitingBytes -= this.#waiting.shift()!.bytes;
      dropped++;
    }
    if (dropped > 0) this.#report(`${dropped} events waited too long for PostgreSQL and are given up.`);
  }

  #report(what: string, cause?: unknown): void {
    this.#options.onError(new JobEventsServerError('BROADCAST_FAILED', `${what} Clients find the state by sync.`, { cause }));
  }
}
