import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  isSilent: boolean;
}

/** An address of a database behind which the server changes, and on which connections fall silent without being closed. */
export class DatabaseProxy {
  readonly #pairs = new Set<Pair>();
  readonly #server = createServer((client) => this.#join(client));
  #port: number | undefined;
  #newAreSilent = false;

  private constructor(port: number) {
    this.#port = port;
  }

  static async before(databaseUrl: string): Promise<DatabaseProxy> {
    const proxy = new DatabaseProxy(Number(new URL(databaseUrl).port));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  urlFor(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.port = `${(this.#server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** New connections lead there; those that are open stay. Without a URL they are refused. */
  leadTo(databaseUrl: string | undefined): void {
    this.#port = databaseUrl === undefined ? undefined : Number(new URL(databaseUrl).port);
  }

  /** Nothing comes through on the connections that are open, and, with `all`, on new ones. Returns these. */
  silence({ all = false } = {}): () => number {
    const silenced = [...this.#pairs];
    for (const pair of silenced) pair.isSilent = true;
    this.#newAreSilent = all;
    return () => silenced.filter((pair) => this.#pairs.has(pair)).length;
  }

  #join(client: Socket): void {
    if (this.#port === undefined) return void client.destroy();
    const server = connect(this.#port, '127.0.0.1');
    const pair: Pair = { client, server, isSilent: this.#newAreSilent };
    this.#pairs.add(pair);
    client.on('data', (data) => pair.isSilent || server.write(data));
    server.on('data', (data) => pair.isSilent || client.write(data));
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    // A server that is gone without a word does not close its connections.
    for (const socket of [client, server]) socket.on('error', () => {}).on('close', () => (socket === client || !pair.isSilent) && end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
