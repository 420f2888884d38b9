import type { RegisteredJobs } from '@notes/job-events-protocol';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';
import { io as connectTo, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { createJobEvents } from '../src/create-job-events.js';
import type { JobEventsOptions } from '../src/job-events-options.js';
import type { JobEventsServerError } from '../src/server-errors.js';
import { UnauthenticatedError, type Authenticate, type Identity } from '../src/access/identity.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';

/** `alice`, `bob` and so on are their own tokens. `outage` finds the token store away, `banned` is refused by a throw. */
export const byToken: Authenticate = async ({ token }) => {
  if (token === 'outage') throw new Error('The token store is away.');
  if (token === 'banned') throw new UnauthenticatedError();
  return token === undefined ? null : { userId: token };
};

export const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Options<I extends Identity> = Partial<JobEventsOptions<RegisteredJobs, I>>;

/** A real HTTP server with Socket.IO and our endpoint on it, and plain clients for it. Everything ends with `await using`. */
export async function startJobServer<I extends Identity = Identity>(
  options: Options<I> = {},
  serverOptions: Partial<ServerOptions> = {},
) {
  const errors: JobEventsServerError[] = [];
  const store = options.store ?? new MemoryJobStore();
  const http: HttpServer = createServer();
  const io = new Server(http, { maxHttpBufferSize: 100_000, ...serverOptions });
  const jobEvents = createJobEvents(io, {
    authenticate: byToken as Authenticate<I>,
    logger: silent,
    onError: (error) => errors.push(error),
    ...options,
    store,
  });
  http.on('request', (request, response) => {
    if (!request.url?.startsWith('/socket.io')) jobEvents.nodeHandler(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const sockets: Socket[] = [];

  /** Resolves when connected, rejects with the `connect_error`. */
  async function connect(auth: string | object = {}, more: Partial<ManagerOptions & SocketOptions> = {}): Promise<Socket> {
    const socket = open(auth, more);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return socket;
  }

  function open(auth: string | object = {}, more: Partial<ManagerOptions & SocketOptions> = {}): Socket {
    const socket = connectTo(`${origin}/jobs`, {
      auth: typeof auth === 'string' ? { token: auth, protocol: 1 } : auth,
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      ...more,
    });
    sockets.push(socket);
    return socket;
  }

  const request = (path: string, token?: string, init: RequestInit = {}): Promise<Response> =>
    fetch(origin + path, {
      ...init,
      headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...(init.headers as Record<string, string>) },
    });

  return {
    origin, http, io, jobEvents, emitter: jobEvents.emitter, store, errors, connect, open, request,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.disconnect();
      await jobEvents.close();
      await io.close();
      await store.close();
    },
  };
}

export type JobServer = Awaited<ReturnType<typeof startJobServer>>;

/** One client event and its acknowledgement. */
export const ask = (socket: Socket, event: string, payload?: unknown): Promise<any> =>
  socket.timeout(5_000).emitWithAck(event, payload);

/** Everything of ours that the socket receives, in order. */
export function record(socket: Socket): { event: string; job: any }[] {
  const received: { event: string; job: any }[] = [];
  socket.onAny((event: string, job: unknown) => received.push({ event, job }));
  return received;
}
