import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io as connectTo, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthenticationRequest } from '../src/access/identity.js';
import { createJobEvents } from '../src/create-job-events.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ask, byToken, record, silent } from './job-server.js';
import { ManualTiming } from './manual-timing.js';

describe('a namespace whose createJobEvents was closed', () => {
  let io: Server;
  let origin: string;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    const http = createServer();
    io = new Server(http, { maxHttpBufferSize: 100_000 });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.disconnect();
    await io.close();
  });

  const serve = (authenticate: (request: AuthenticationRequest) => ReturnType<typeof byToken> = byToken) =>
    createJobEvents(io, { authenticate, logger: silent });
  async function connect(token: string): Promise<Socket> {
    const socket = connectTo(`${origin}/jobs`, { auth: { token }, transports: ['websocket'], reconnection: false, forceNew: true });
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
    return socket;
  }

  it('is served again, and what is asked and told is answered and heard once', async () => {
    await serve(() => ({ userId: 'of the first' })).close();
    await expect(connect('alice')).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
    const second = serve();
    const socket = await connect('alice');
    const received = record(socket);
    expect(await ask(socket, 'subscribe', { userId: 'alice' })).toMatchObject({ ok: true, snapshots: [] });
    await second.emitter.emitCompleted({ jobId: 'job', userId: 'alice', result: 1 });
    await vi.waitFor(() => expect(received.map(({ event }) => event)).toEqual(['job:completed']));
    second.revoke({ userId: 'alice' });
    await vi.waitFor(() => expect(socket.connected).toBe(false));
    await second.close();
  });

  it('is not served twice at a time, and the error says what to do', async () => {
    const first = serve();
    expect(serve).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining('close the first one') }));
    expect((await connect('alice')).connected).toBe(true);
    await first.close();
    await serve().close();
  });

  it('lets nobody in whose sign-in began with the closed one', async () => {
    let answer: (() => void) | undefined;
    const first = serve(async () => {
      await new Promise<void>((resolve) => (answer = resolve));
      return { userId: 'of the first' };
    });
    const connecting = connect('alice');
    const refused = expect(connecting).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
    await vi.waitFor(() => expect(answer).toBeDefined());
    await first.close();
    const second = serve();
    answer!();
    await refused;
    expect(second.gateway.socketCount).toBe(0);
    await second.close();
  });

  it('leaves no supervision behind where it is refused', async () => {
    const first = serve();
    const timing = new ManualTiming();
    const store = new MemoryJobStore({ timing });
    const takeLease = vi.spyOn(store, 'takeLease');
    const again = () => createJobEvents(io, { authenticate: byToken, logger: silent, store, timing, supervision: { stalledAfterMs: 30_000 } });
    expect(again).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
    timing.advance(10);
    await new Promise((resolve) => setImmediate(resolve));
    timing.advance(600_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(takeLease).not.toHaveBeenCalled();
    await first.close();
  });

  it('keeps no listener of any of a hundred', async () => {
    const namespace = io.of('/jobs');
    const emitters = { namespace, adapter: namespace.adapter, engine: io.engine };
    const count = () =>
      Object.fromEntries(
        Object.entries(emitters).map(([name, emitter]) => {
          const { eventNames, listenerCount } = emitter as unknown as NodeJS.EventEmitter;
          return [name, eventNames.call(emitter).map((event) => [event, listenerCount.call(emitter, event)])];
        }),
      );
    await serve().close();
    const before = count();
    const middlewares = () => (namespace as unknown as { _fns: Map<unknown, unknown[]> | unknown[] })._fns;
    const middlewaresBefore = [...(middlewares() as unknown[])].length;
    for (let round = 0; round < 100; round++) {
      const jobEvents = serve();
      if (round % 25 === 0) await connect('alice');
      await jobEvents.close();
    }
    expect(count()).toEqual(before);
    expect([...(middlewares() as unknown[])].length).toBe(middlewaresBefore);
    const last = serve();
    expect(await ask(await connect('alice'), 'sync', { jobs: [] })).toMatchObject({ ok: true });
    await last.close();
  });
});
