import { createHash } from 'node:crypto';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** What becomes of a WebSocket upgrade: it is refused, never answered, or answered with 101 and then swallowed. */
export type UpgradePolicy = 'pass' | 'refuse' | 'hang' | 'swallow';

/** An HTTP proxy that treats WebSocket upgrades as middleboxes do. Everything else passes. */
export class UpgradeProxy {
  policy: UpgradePolicy;
  /** WebSocket upgrades asked for. */
  upgrades = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: () => number;

  private constructor(target: () => number, policy: UpgradePolicy) {
    this.#target = target;
    this.policy = policy;
    this.#server = createServer((incoming, answer) => {
      const { url: path, method, headers } = incoming;
      const onward = request({ host: '127.0.0.1', port: target(), path, method, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      answer.on('close', () => onward.destroy());
      incoming.pipe(onward);
    });
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => this.#upgrade(incoming, socket, head));
  }

  static async before(target: () => number, policy: UpgradePolicy): Promise<UpgradeProxy> {
    const proxy = new UpgradeProxy(target, policy);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #upgrade({ url, headers, rawHeaders }: IncomingMessage, socket: Socket, head: Buffer): void {
    this.upgrades++;
    this.#keep(socket);
    if (this.policy === 'refuse') socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    if (this.policy === 'swallow') {
      const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.resume();
    }
    if (this.policy !== 'pass') return;
    const onward = connect(this.#target(), '127.0.0.1');
    this.#keep(onward);
    const lines = Array.from({ length: rawHeaders.length / 2 }, (_, i) => `${rawHeaders[2 * i]}: ${rawHeaders[2 * i + 1]}`);
    onward.write(`GET ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
