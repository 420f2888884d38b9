import { eventNameOf, jobRoom, userRoom, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { createJobEvents, MemoryJobStore } from '@notes/job-events-server';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * A real server that can be killed and started again on its port, as a process is; what it stored stays. A token is the
 * name of its user. The worker speaks past the emitter, so that a test can also store without telling anybody.
 */
export class RealServer {
  readonly store = new MemoryJobStore();
  #http: HttpServer | undefined;
  #io: Server | undefined;
  #close: (() => Promise<void>) | undefined;
  port = 0;
  /** The token store is away. */
  outage = false;
  /** Files that it serves too, by path: JavaScript, and what ends in .html. */
  readonly files = new Map<string, string>();
  /** How often somebody was turned away because of it. */
  refusals = 0;

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many sockets follow jobs here. */
  get sockets(): number {
    return this.#io?.of('/jobs').sockets.size ?? 0;
  }

  /** By which transport each of them is connected now. */
  get transports(): string[] {
    return Array.from(this.#io?.of('/jobs').sockets.values() ?? [], ({ conn }) => conn.transport.name);
  }

  async start(): Promise<this> {
    const http = (this.#http = createServer());
    const io = (this.#io = new Server(http));
    const jobEvents = createJobEvents(io, {
      authenticate: ({ token }) => {
        if (this.outage) {
          this.refusals++;
          throw new Error('The token store is away.');
        }
        return token === undefined ? null : { userId: token };
      },
      logger: silent,
      store: this.store,
    });
    http.on('request', (request, response) => {
      const { url = '' } = request;
      const file = this.files.get(url);
      if (file !== undefined)
        response.setHeader('content-type', url.endsWith('.html') ? 'text/html' : 'text/javascript').end(file);
      else if (!url.startsWith('/socket.io')) jobEvents.nodeHandler(request, response);
    });
    await new Promise<void>((resolve) => http.listen(this.port, '127.0.0.1', resolve));
    this.port = (http.address() as AddressInfo).port;
    this.#close = async () => {
      await jobEvents.close();
      await io.close();
    };
    return this;
  }

  /** Ends every socket with a goodbye. */
  disconnectAll(): void {
    this.#io?.of('/jobs').disconnectSockets();
  }

  /** Every connection breaks at once, without a goodbye. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#http?.close(resolve));
    for (const { conn } of this.#io?.of('/jobs').sockets.values() ?? []) conn.transport.close();
    this.#http?.closeAllConnections();
    await this.#close?.();
    await ended;
  }

  /** A worker's report: stored, and told to everybody who follows the job. */
  async report(userId: string, snapshot: AnyJobSnapshot): Promise<void> {
    await this.store.write([{ userId, snapshot, by: 'outside' }]);
    const rooms = [userRoom(userId), jobRoom({ userId, jobId: snapshot.jobId })];
    this.#io?.of('/jobs').to(rooms).emit(eventNameOf(snapshot.status), snapshot);
  }

  /** As `report`, but the broadcast is lost between the nodes. */
  async reportUnheard(userId: string, snapshot: AnyJobSnapshot): Promise<void> {
    await this.store.write([{ userId, snapshot, by: 'outside' }]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.store.close();
  }
}

const began = new Date().toISOString();

/** A job's state in its first attempt; `seq` orders it. */
export function state(jobId: string, seq: number, more: Partial<AnyJobSnapshot> = {}): AnyJobSnapshot {
  const done = more.status === 'completed';
  return {
    jobId,
    status: 'active',
    stage: done ? 'COMPLETED' : 'SAVING',
    progress: done ? 100 : seq,
    version: [1, done ? 2 : 0, 1, seq, 1],
    createdAt: began,
    timestamp: new Date().toISOString(),
    ...(done && { result: { noteId: jobId } }),
    ...more,
  };
}
