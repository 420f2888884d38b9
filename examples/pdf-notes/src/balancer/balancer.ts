import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { parseCookie, stringifySetCookie } from 'cookie';
import { createProxyServer } from 'httpxy';
import type { Logger } from 'pino';
import { type Node, Nodes } from './nodes.js';

const STICKY_COOKIE = 'node';
const SOCKETS = '/socket.io/';
const CHECKED_EVERY_MS = 1_000;
const ANSWERS_WITHIN_MS = 2_000;

/** One address for several API processes. Whichever dies, the others answer. */
export class Balancer {
  readonly #nodes: Nodes;
  readonly #logger: Logger;
  // Connections are not kept: one that its process closes at the wrong moment would break a request that cannot be repeated.
  readonly #proxy = createProxyServer({ agent: false, xfwd: true });
  readonly #checking: NodeJS.Timeout;
  readonly server: Server;

  constructor(urls: readonly string[], logger: Logger) {
    this.#nodes = new Nodes(urls);
    this.#logger = logger;
    this.server = createServer((request, response) => void this.#forward(request, response));
    this.server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket as Socket, head));
    this.#checking = setInterval(() => void this.#check(), CHECKED_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#checking);
  }

  /** A request goes to the next process where this one does not answer, unless it is one that must not be done twice. */
  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isSocket = request.url?.startsWith(SOCKETS) === true;
    const sticky = isSocket ? parseCookie(request.headers.cookie ?? '')[STICKY_COOKIE] : undefined;
    const isRepeatable = request.method === 'GET' || request.method === 'HEAD';
    for (const node of this.#nodes.inOrder(sticky)) {
      if (!isRepeatable && !(await this.#answers(node))) continue;
      // All polls of one socket have to reach the process that has it.
      if (isSocket && node.name !== sticky) response.setHeader('set-cookie', stickyCookie(node));
      try {
        return await this.#proxy.web(request, response, { target: node.url });
      } catch (error) {
        this.#mark(node, false, error);
        if (response.headersSent || !isRepeatable) break;
      }
    }
    if (response.headersSent) response.destroy();
    else refuse(response);
  }

  async #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', () => {});
    const sticky = parseCookie(request.headers.cookie ?? '')[STICKY_COOKIE];
    for (const node of this.#nodes.inOrder(sticky)) {
      if (!(await this.#answers(node))) continue;
      // A process that dies later ends the socket; its client comes back by itself.
      return this.#proxy.ws(request, socket, { target: node.url }, head).catch(() => {});
    }
    socket.destroy();
  }

  async #check(): Promise<void> {
    await Promise.all(
      this.#nodes.all.map(async (node) => {
        try {
          const { ok } = await fetch(new URL('/health', node.url), { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
          this.#mark(node, ok);
        } catch (error) {
          this.#mark(node, false, error);
        }
      }),
    );
  }

  /** Whether there is somebody to send a body to. */
  async #answers(node: Node): Promise<boolean> {
    const { hostname, port } = new URL(node.url);
    const socket = connect({ host: hostname, port: Number(port) });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
      return true;
    } catch (error) {
      this.#mark(node, false, error);
      return false;
    } finally {
      socket.destroy();
    }
  }

  #mark(node: Node, isUp: boolean, error?: unknown): void {
    if (!this.#nodes.mark(node, isUp)) return;
    if (isUp) this.#logger.info({ node: node.url }, 'An API process answers again');
    else this.#logger.warn({ node: node.url, err: error }, 'An API process does not answer; the others do its work');
  }
}

const stickyCookie = ({ name }: Node): string =>
  stringifySetCookie({ name: STICKY_COOKIE, value: name, path: SOCKETS, httpOnly: true, sameSite: 'lax' });

function refuse(response: ServerResponse): void {
  const detail = 'This does not work just now. Please try again in a minute.';
  response
    .writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '10', connection: 'close' })
    .end(JSON.stringify({ type: 'about:blank', title: 'Service Unavailable', status: 503, detail, code: 'UNAVAILABLE' }));
}
