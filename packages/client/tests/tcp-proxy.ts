import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** How the network behaves: `half-open` loses what the server sends, `black-hole` what either side sends. */
export type Weather = 'clear' | 'half-open' | 'black-hole';

/** Stands between client and server and does to their connections what networks do. */
export class TcpProxy {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server;
  weather: Weather = 'clear';
  /** How long each piece takes, in ms. */
  delay = 0;

  private constructor(target: () => number) {
    this.#server = createServer((client) => {
      const server = connect(target(), '127.0.0.1');
      const pair = [client, server] as const;
      this.#pairs.add(pair);
      const end = () => {
        this.#pairs.delete(pair);
        client.destroy();
        server.destroy();
      };
      for (const socket of pair) socket.on('close', end).on('error', end);
      client.on('data', (data) => this.#pass(data, server, this.weather !== 'black-hole'));
      server.on('data', (data) => this.#pass(data, client, this.weather === 'clear'));
    });
  }

  static async before(target: () => number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #pass(data: Buffer, to: Socket, passes: boolean): void {
    if (!passes) return;
    if (this.delay === 0) to.write(data);
    else setTimeout(() => to.writable && to.write(data), this.delay);
  }

  /** Breaks every connection. */
  cut(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
