import type { KeptMessage } from '../cluster/inbox.js';
import type { Timing } from '../timing.js';

/** Asks on the connection that listens. */
type Query = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>;

/** How long commands are kept. */
export const KEPT_MINUTES = 5;
/** Of a connection that has stopped for longer, commands may be gone. A loss is noticed late, by up to half a minute. */
const MOST_STOPPED_MS = KEPT_MINUTES * 60_000 - 30_000;

export interface MissedCommandsOptions {
  readonly tablePrefix: string;
  readonly sender: string;
  readonly timing: Timing;
  /** Commands may be gone that this process has not heard. */
  readonly onGap: () => void;
}

/**
 * Reads the commands of others that are kept, each time that the connection listens again: those sent while it was lost
 * are among them. All but those that were there as it listened for the first time, not only those since the loss, which
 * may have gone unnoticed for a while; whoever takes them knows what it has heard. No clock of the database is compared: it
 * may be set back.
 */
export class MissedCommands {
  readonly #options: MissedCommandsOptions;
  /** The commands that were kept as it listened for the first time, of those that still are. */
  #before: ReadonlySet<string> | undefined;
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
    const rows = await query<{ id: string; body: string }>(
      `select id, body from ${tablePrefix}kept_messages where is_command and sender <> $1 order by place`,
      [sender],
    );
    const before = this.#before;
    this.#before = new Set(rows.flatMap(({ id }) => (before === undefined || before.has(id) ? [id] : [])));
    if (before === undefined) {
      this.#stoppedAt = undefined;
      return [];
    }
    if (this.#stoppedAt !== undefined && timing.monotonic() - this.#stoppedAt > MOST_STOPPED_MS) onGap();
    this.#stoppedAt = undefined;
    return rows.filter(({ id }) => !before.has(id)).map(({ id, body }) => ({ id, message: JSON.parse(body) as unknown }));
  }
}
