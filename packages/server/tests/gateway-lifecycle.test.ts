import { describe, expect, it, vi } from 'vitest';
import { createJobEvents } from '../src/create-job-events.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ManualTiming } from './manual-timing.js';
import { ask, silent, startJobServer } from './job-server.js';

const fault = (code: string) => ({ ok: false, error: { code, message: expect.any(String) } });
const older = (jobId: string) => ({ jobId, version: [1, 0, 0, 1] });
const never = new Promise<never>(() => {});

describe('a store that does not answer', () => {
  const hanging = () => {
    const store = new MemoryJobStore();
    const get = vi.spyOn(store, 'get');
    return { store, get };
  };

  it('is answered for within 3 s, on the socket and over HTTP', async () => {
    const timing = new ManualTiming();
    const { store, get } = hanging();
    await using server = await startJobServer({ store, timing });
    const socket = await server.connect('alice');
    get.mockReturnValue(never);
    const requests: [string, object][] = [['subscribe', { jobId: 'a' }], ['sync', { jobs: [older('a')] }], ['cancel', { jobId: 'a' }]];
    for (const [event, payload] of requests) {
      get.mockClear();
      const answer = ask(socket, event, payload);
      await vi.waitFor(() => expect(get).toHaveBeenCalled());
      timing.advance(3_000);
      expect(await answer).toEqual(fault('INTERNAL'));
    }
    get.mockClear();
    const response = server.request('/api/jobs/a', 'alice');
    await vi.waitFor(() => expect(get).toHaveBeenCalled());
    timing.advance(3_000);
    expect((await response).status).toBe(503);
    expect(server.errors.map(({ code }) => code)).toEqual(Array(4).fill('STORE_UNAVAILABLE'));
  });

  it('and one that fails is answered for at once, and reported once a second', async () => {
    const { store, get } = hanging();
    const timing = new ManualTiming();
    await using server = await startJobServer({ store, timing });
    const socket = await server.connect('alice');
    get.mockRejectedValue(new Error('connection refused'));
    expect(await ask(socket, 'subscribe', { jobId: 'a' })).toEqual(fault('INTERNAL'));
    expect((await server.request('/api/jobs/a', 'alice')).status).toBe(503);
    expect(server.errors.map(({ code }) => code)).toEqual(['STORE_FAILED']);
    timing.advance(1_000);
    await ask(socket, 'subscribe', { jobId: 'a' });
    expect(server.errors[1]).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('2 times') });
    get.mockRestore();
    expect(await ask(socket, 'subscribe', { jobId: 'a' })).toEqual(fault('NOT_FOUND'));
  });

  it('leaves no socket in a room that went away meanwhile', async () => {
    const { store, get } = hanging();
    await using server = await startJobServer({ store });
    await server.emitter.emitQueued({ jobId: 'a', userId: 'alice' });
    const socket = await server.connect('alice');
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    get.mockImplementationOnce(async (jobIds) => {
      await gate;
      return MemoryJobStore.prototype.get.call(store, jobIds);
    });
    socket.emit('subscribe', { jobId: 'a' });
    await vi.waitFor(() => expect(get).toHaveBeenCalled());
    socket.disconnect();
    await vi.waitFor(() => expect(server.jobEvents.gateway.socketCount).toBe(0));
    go();
    await vi.waitFor(() => expect(get.mock.results.every(({ type }) => type === 'return')).toBe(true));
    await Promise.all(get.mock.results.map(({ value }) => value));
    expect(server.io.of('/jobs').adapter.rooms.size).toBe(0);
  });
});

describe('opening', () => {
  it('warns of what is unsafe in the server’s options', async () => {
    const warn = vi.fn();
    const logger = { ...silent, warn };
    await using _ = await startJobServer({ logger }, { maxHttpBufferSize: 1e6, connectionStateRecovery: {} });
    expect(warn.mock.calls.map(([{ option }]) => option)).toEqual(['connectionStateRecovery', 'maxHttpBufferSize']);
  });

  it('a second time on the same server and namespace is refused', async () => {
    await using server = await startJobServer();
    const again = (namespace?: string) => () => createJobEvents(server.io, { authenticate: () => null, namespace });
    expect(again()).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
    expect(again('/other')).not.toThrow();
  });
});

describe('closing', () => {
  it('disconnects the sockets, tells newcomers to try again, and leaves the server open', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, authenticate: () => ({ userId: 'alice', expiresAt: timing.now() + 3_600_000 }) });
    const socket = await server.connect('alice');
    await server.jobEvents.close();
    await vi.waitFor(() => expect(socket.connected).toBe(false));
    await expect(server.connect('alice')).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
    expect(server.http.listening).toBe(true);
    expect(timing.pending).toBe(0);
    await server.jobEvents.close();
  });
});
