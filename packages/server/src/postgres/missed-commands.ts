import type { KeptMessage } from '../cluster/inbox.js';

/** Asks on the connection that listens. */
type Query = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>;

/** A command is visible only when its statement is through, and tells the time at which that began. */
const SOONER_SECONDS = 30;

/**
 * Reads the commands of others that are kept, each time that the connection listens again: those sent while it was lost
 * are among them. All since it listened for the first time, by the database's clock, not only since the loss, which may
 * have gone unnoticed for a while; whoever takes them knows what it has heard.
 */
export class MissedCommands {
  readonly #tablePrefix: string;
  readonly #sender: string;
  #since: number | undefined;

  constructor(options: { tablePrefix: string; sender: string }) {
    this.#tablePrefix = options.tablePrefix;
    this.#sender = options.sender;
  }

  async read(query: Query): Promise<readonly KeptMessage[]> {
    if (this.#since === undefined) {
      const [row] = await query<{ now: number }>('select extract(epoch from now())::float8 as now', []);
      this.#since = row!.now;
      return [];
    }
    const rows = await query<{ id: string; body: string }>(
      `select id, body from ${this.#tablePrefix}kept_messages
       where is_command and sender <> $1 and sent_at > to_timestamp($2) - interval '${SOONER_SECONDS} seconds' order by place`,
      [this.#sender, this.#since],
    );
    return rows.map(({ id, body }) => ({ id, message: JSON.parse(body) as unknown }));
  }
}
