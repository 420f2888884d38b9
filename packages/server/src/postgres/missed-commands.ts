import type { KeptMessage } from '../cluster/inbox.js';
import type { Timing } from '../timing.js';

/** Asks on the connection that listens. */
type Query = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>;

/** How long commands are kept. */
export const KEPT_MINUTES = 5;
/** A command is visible only when its statement is through, and tells the time at which that began. */
const SOONER_SECONDS = 30;
/** Of a connection that has stopped for longer, commands may be gone. A loss is noticed late, by up to half a minute. */
const MOST_STOPPED_MS = KEPT_MINUTES * 60_000 - SOONER_SECONDS * 1_000;

export interface MissedCommandsOptions {
  readonly tablePrefix: string;
  readonly sender: string;
  readonly timing: Timing;
  /** Commands may be gone that this process has not heard. */
  readonly onGap: () => void;
}

/**
 * Reads the commands of others that are kept, each time that the connection listens again: those sent while it was lost
 * are among them. All since it listened for the first time, by the database's clock, not only since the loss, which may
 * have gone unnoticed for a while; whoever takes them knows what it has heard.
 */
export class MissedCommands {
  readonly #options: MissedCommandsOptions;
  #since: number | undefined;
  #stoppedAt: number | undefined;

  constructor(options: MissedCommandsOptions) {
    this.#options = options;
  }

  /** The connection has stopped listening, or still does not listen. */
  stopped(): void {
    this.#stoppedAt ??= this.#options.timing.monotonic();
  }

  async read(query: Query): Promise<readonly KeptMessage[]> {
    const { tablePrefix, sender, timing, onGap } = this.#options;
    if (this.#since === undefined) {
      const [row] = await query<{ now: number }>('select extract(epoch from now())::float8 as now', []);
      this.#since = row!.now;
      this.#stoppedAt = undefined;
      return [];
    }
    const rows = await query<{ id: string; body: string }>(
      `select id, body from ${tablePrefix}kept_messages
       where is_command and sender <> $1 and sent_at > to_timestamp($2) - interval '${SOONER_SECONDS} seconds' order by place`,
      [sender, this.#since],
    );
    if (this.#stoppedAt !== undefined && timing.monotonic() - this.#stoppedAt > MOST_STOPPED_MS) onGap();
    this.#stoppedAt = undefined;
    return rows.map(({ id, body }) => ({ id, message: JSON.parse(body) as unknown }));
  }
}
