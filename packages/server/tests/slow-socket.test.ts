import { describe, expect, it, vi } from 'vitest';
import { ask, record, startJobServer } from './job-server.js';

describe('a socket that does not read', () => {
  /** The bytes stay in the network's buffers, as with a client that is suspended. */
  const networkOf = (socket: { io: { engine: { transport: object } } }) =>
    (socket.io.engine.transport as { ws: { _socket: { pause(): void; resume(): void } } }).ws._socket;
  const snapshot = (jobId: string, seq: number, rest: object = {}) => ({
    jobId, status: 'active', stage: 'SAVING', progress: 1, version: [1, 0, 1, seq], createdAt: '', timestamp: '', metadata: { text: 'x'.repeat(4_000) }, ...rest,
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it('is cut when 256 KiB wait for it, and finds the end in the store when it is back', async () => {
    await using server = await startJobServer();
    const socket = await server.connect('alice');
    await ask(socket, 'subscribe', { userId: 'alice' });
    networkOf(socket).pause();
    const room = server.io.of('/jobs').to('user:alice');
    const connection = [...server.io.of('/jobs').sockets.values()][0]?.conn;
    let most = 0;
    for (let index = 0; server.jobEvents.gateway.socketCount > 0 && index < 20_000; index += 1) {
      room.emit('job:progress', snapshot(`job-${index}`, 1) as never);
      most = Math.max(most, waitingBytes(connection));
      if (index % 10 === 0) await turn();
    }
    expect(server.jobEvents.gateway.socketCount).toBe(0);
    expect(most).toBeLessThan(262_144 + 20 * 4_200); // and what two turns of this loop add
    await server.emitter.emitCompleted({ jobId: 'job-1', userId: 'alice', result: 'done' });
    const back = await server.connect('alice');
    expect((await ask(back, 'subscribe', { userId: 'alice' })).snapshots).toMatchObject([{ jobId: 'job-1', status: 'completed' }]);
  });

  it('gets the newest progress of each job when it reads again, and every end', async () => {
    await using server = await startJobServer();
    const socket = await server.connect('alice');
    await ask(socket, 'subscribe', { userId: 'alice' });
    const received = record(socket);
    networkOf(socket).pause();
    const room = server.io.of('/jobs').to('user:alice');
    for (let seq = 1; seq <= 5_000; seq += 1) {
      room.emit('job:progress', snapshot(seq % 2 ? 'odd' : 'even', seq) as never);
      if (seq % 1_000 === 0) room.emit('job:error', snapshot('even', seq, { status: 'retrying' }) as never);
      if (seq % 10 === 0) await turn();
    }
    expect(socket.connected).toBe(true);
    networkOf(socket).resume();
    await vi.waitFor(() => expect(received.at(-1)).toMatchObject({ event: 'job:error', job: { version: [1, 0, 1, 5_000] } }));
    expect(received.findLast(({ event, job }) => event === 'job:progress' && job.jobId === 'even')?.job.version).toEqual([1, 0, 1, 5_000]);
    expect(received.findLast(({ job }) => job.jobId === 'odd')?.job.version).toEqual([1, 0, 1, 4_999]);
    expect(received.filter(({ event }) => event === 'job:error').map(({ job }) => job.version[3])).toEqual([1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(received.length).toBeLessThan(4_500);
    for (const jobId of ['odd', 'even']) {
      const seqs = received.filter(({ event, job }) => event === 'job:progress' && job.jobId === jobId).map(({ job }) => job.version[3]);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    }
  });

  it('is not mistaken for one that gets a great many events in one turn', async () => {
    await using server = await startJobServer();
    const socket = await server.connect('alice');
    await ask(socket, 'subscribe', { userId: 'alice' });
    const received = record(socket);
    const room = server.io.of('/jobs').to('user:alice');
    for (let index = 0; index < 200; index += 1) room.emit('job:progress', snapshot(`job-${index}`, 1) as never);
    await vi.waitFor(() => expect(received).toHaveLength(200));
    expect(socket.connected).toBe(true);
  });

  it('does not disturb one that reads', async () => {
    await using server = await startJobServer();
    const [sleeper, reader] = [await server.connect('alice'), await server.connect('alice')];
    for (const socket of [sleeper, reader]) await ask(socket, 'subscribe', { userId: 'alice' });
    const received = record(reader);
    networkOf(sleeper).pause();
    const room = server.io.of('/jobs').to('user:alice');
    for (let index = 0; index < 4_000; index += 1) {
      room.emit('job:progress', snapshot(`job-${index}`, 1) as never);
      if (index % 10 === 0) await turn();
    }
    await vi.waitFor(() => expect(received).toHaveLength(4_000));
    expect(reader.connected).toBe(true);
  });

  const waitingBytes = (connection: object | undefined): number =>
    connection === undefined
      ? 0
      : (Reflect.get(connection, 'writeBuffer') as { data?: string }[]).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
});
