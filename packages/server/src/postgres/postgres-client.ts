import { Socket } from 'node:net';
import pg from 'pg';

/**
 * A client whose socket can be destroyed. `end` says goodbye and waits until the server closes the connection, which a
 * server that has fallen silent never does.
 */
export class PostgresClient extends pg.Client {
  readonly #socket: Socket | undefined;

  constructor(config: pg.ClientConfig = {}) {
    const socket = config.stream === undefined ? new Socket() : undefined;
    super({
      ...config,
      // `pg` hides the password of a pool's options from enumeration.
      ...(config.password !== undefined && { password: config.password }),
      // All versions of `pg` take a stream here, newer ones a function too.
      ...(socket !== undefined && { stream: socket as unknown as () => Socket }),
    });
    this.#socket = socket;
  }

  /** Closes the connection at once, whatever the server does. */
  destroy(): void {
    this.#socket?.destroy();
  }
}
