import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { io as connect, type Socket } from 'socket.io-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Broadcaster } from '../../src/broadcaster.js';
import type { JobEventsServerError, OnError } from '../../src/index.js';

/** What `connectPostgres` and `connectRedis` return. */
interface Connection {
  readonly adapter: NonNullable<ServerOptions['adapter']>;
  readonly broadcaster: Broadcaster;
  close(): Promise<void>;
}

export interface ClusterUnderTest {
  connect(onError: OnError): Promise<Connection>;
  /** Ends every connection to the database, which stays up. */
  endConnections(): Promise<unknown>;
}

interface Client {
  readonly socket: Socket;
  readonly heard: unknown[][];
}

/** What nodes and workers do over either database. */
export function describeCluster(title: string, cluster: ClusterUnderTest): void {
  const errors: JobEventsServerError[] = [];
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    errors.length = 0;
  });

  /** A node, as in a process of its own, that knows its neighbours. */
  async function startNode(neighbours: number) {
    const connection = await cluster.connect((error) => errors.push(error));
    const http = createServer();
    const io = new Server(http, { adapter: connection.adapter });
    const jobs = io.of('/jobs');
    jobs.on('connection', (socket) => void socket.join(socket.handshake.auth['rooms'] as string[]));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => {
      await io.close();
      await connection.close();
    });
    await vi.waitFor(async () => expect(await jobs.adapter.serverCount()).toBe(neighbours + 1), { timeout: 15_000 });
    return { io, jobs, connection, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/jobs` };
  }

  async function startNodes() {
    const first = startNode(1);
    const second = startNode(1);
    return { first: await first, second: await second };
  }

  async function join(url: string, rooms: readonly string[]): Promise<Client> {
    const socket = connect(url, { auth: { rooms }, transports: ['websocket'], forceNew: true, reconnection: false });
    cleanups.push(() => socket.disconnect());
    const heard: unknown[][] = [];
    socket.onAny((...event: unknown[]) => heard.push(event));
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return { socket, heard };
  }

  describe(title, () => {
    it('takes an event to the rooms on every node, once to a socket in several of them', async () => {
      const { first, second } = await startNodes();
      const here = await join(first.url, ['user:ada', 'job:1']);
      const there = await join(second.url, ['user:ada', 'job:1']);
      const other = await join(second.url, ['user:eve']);
      first.jobs.to(['user:ada', 'job:1']).emit('job:progress', { progress: 5 });
      first.jobs.emit('all', 'x'.repeat(20_000));
      second.jobs.except('user:ada').emit('but ada', Buffer.from([1]));
      await vi.waitFor(() => {
        expect(here.heard).toEqual([['job:progress', { progress: 5 }], ['all', 'x'.repeat(20_000)]]);
        expect(there.heard).toEqual(here.heard);
        expect(other.heard.map(([name]) => name)).toEqual(expect.arrayContaining(['all', 'but ada']));
      });
      first.jobs.local.emit('here only');
      await vi.waitFor(() => expect(here.heard.at(-1)).toEqual(['here only']));
      expect(there.heard).toHaveLength(2);
      expect(errors).toEqual([]);
    });

    it('takes what a worker broadcasts to every node', async () => {
      const { first, second } = await startNodes();
      const here = await join(first.url, ['user:ada', 'job:1']);
      const there = await join(second.url, ['job:1']);
      const worker = await cluster.connect((error) => errors.push(error));
      cleanups.push(() => worker.close());
      worker.broadcaster.to(['user:ada', 'job:1']).emit('job:completed', { status: 'completed' });
      await vi.waitFor(() => {
        for (const client of [here, there]) expect(client.heard).toEqual([['job:completed', { status: 'completed' }]]);
      });
      expect(await first.jobs.adapter.serverCount()).toBe(2);
    });

    it('also reaches the sockets of its own process with its broadcaster', async () => {
      const { first, second } = await startNodes();
      const clients = [await join(first.url, ['job:1']), await join(second.url, ['job:1'])];
      first.connection.broadcaster.to(['job:1']).emit('job:completed', 1);
      await vi.waitFor(() => {
        for (const { heard } of clients) expect(heard).toEqual([['job:completed', 1]]);
      });
    });

    it('disconnects, moves and finds sockets on other nodes', async () => {
      const { first, second } = await startNodes();
      const leaving = await join(second.url, ['user:eve']);
      const moving = await join(second.url, ['user:ada', 'job:1']);
      expect((await first.jobs.fetchSockets()).map(({ id }) => id).sort()).toEqual([leaving.socket.id, moving.socket.id].sort());
      first.jobs.in('user:ada').socketsLeave('job:1');
      first.jobs.in('user:ada').socketsJoin('job:2');
      first.jobs.in('user:eve').disconnectSockets(true);
      await vi.waitFor(async () => {
        expect(leaving.socket.connected).toBe(false);
        expect((await first.jobs.in('job:2').fetchSockets()).map(({ id }) => id)).toEqual([moving.socket.id]);
      });
      expect(await first.jobs.in('job:1').fetchSockets()).toEqual([]);
      expect(moving.socket.connected).toBe(true);
    });

    it('lets servers talk to each other', async () => {
      const { first, second } = await startNodes();
      second.jobs.on('question', (text: string, answer: (text: string) => void) => answer(`${text}!`));
      expect(await first.jobs.serverSideEmitWithAck('question', 'hello')).toEqual(['hello!']);
    });

    it('throws to whoever emits what cannot be encoded, and not into the process', async () => {
      const { first } = await startNodes();
      await join(first.url, ['job:1']);
      let deep: unknown = 1;
      for (let depth = 0; depth < 20_000; depth++) deep = [deep];
      expect(() => first.jobs.to('job:1').emit('deep', deep)).toThrow(RangeError);
    });

    it('goes on after every connection was ended, in order, and delivers locally meanwhile', async () => {
      const { first, second } = await startNodes();
      const here = await join(first.url, ['job:1']);
      const there = await join(second.url, ['job:1']);
      let next = 0;
      const flow = setInterval(() => first.jobs.to('job:1').emit('job:progress', next++), 20);
      try {
        for (let round = 0; round < 2; round++) {
          await cluster.endConnections();
          const from = next;
          await vi.waitFor(() => {
            for (const { heard } of [here, there]) expect(heard.at(-1)?.[1]).toBeGreaterThan(from + 5);
          }, { timeout: 15_000 });
        }
      } finally {
        clearInterval(flow);
      }
      expect(here.heard.map(([, number]) => number)).toEqual(Array.from(here.heard, (_, index) => index));
      const numbers = there.heard.map(([, number]) => number as number);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      expect(errors.map(({ code }) => code)).toContain('CONNECTION_LOST');
    });
  });
}
