import pg from 'pg';
import { Deadline } from '../deadline.js';
import type { Timing } from '../timing.js';
import { PostgresClient } from './postgres-client.js';
import { withoutStartupLimits } from './postgres-location.js';

/** The pool that is opened for a URL. Its clients can be closed at once, whatever the server does. */
export class OwnPool {
  readonly pool: pg.Pool;
  readonly #open = new Set<PostgresClient>();
  #takesStartupLimits = true;

  constructor(config: pg.PoolConfig) {
    const register = (client: PostgresClient): void => {
      this.#open.add(client);
      client.once('end', () => this.#open.delete(client));
    };
    const configOf = (poolConfig: pg.PoolConfig): pg.PoolConfig => (this.#takesStartupLimits ? poolConfig : withoutStartupLimits(poolConfig));
    class Client extends PostgresClient {
      constructor(poolConfig: pg.PoolConfig) {
        super(configOf(poolConfig));
        register(this);
      }
    }
    // `pg` calls it with its options; the types say without.
    this.pool = new pg.Pool({ ...config, ...(config.password !== undefined && { password: config.password }), Client: Client as unknown as new () => pg.ClientBase });
  }

  /** Whether a session gets its limits as it starts. Not through poolers that refuse such parameters. */
  get takesStartupLimits(): boolean {
    return this.#takesStartupLimits;
  }

  dropStartupLimits(): void {
    this.#takesStartupLimits = false;
  }

  async close(timeoutMs: number, timing: Timing): Promise<void> {
    const ended = [...this.#open].map((client) => new Promise<void>((resolve) => client.once('end', () => resolve())));
    await new Deadline(timeoutMs, timing).settles(Promise.all([this.pool.end(), ...ended]));
    for (const client of this.#open) client.destroy();
  }
}
