import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { Adapter } from 'socket.io-adapter';
import * as msgpack from 'socket.io-msgpack-parser';
import { expect, it, vi } from 'vitest';
import { inMemoryFanOut, isInMemory } from '../src/emitter/in-memory-fan-out.js';
import { JobEventEmitterService } from '../src/emitter/index.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ask, record, startJobServer } from './job-server.js';

const job = { jobId: 'job-1', userId: 'ada' };

it.each(['websocket', 'polling'] as const)('takes a state of any length, in any script, to a socket in both rooms once, by %s', async (transport) => {
  await using server = await startJobServer({ throttle: { intervalMs: 0 } });
  expect(isInMemory(server.io.of('/jobs'))).toBe(true);
  await server.emitter.emitQueued(job);
  const socket = await server.connect('ada', { transports: [transport] });
  await ask(socket, 'subscribe', { subscriptions: [{ userId: 'ada' }, { jobId: 'job-1' }] });
  const received = record(socket);
  // Frames of less than 126 bytes, of less than 65,536, and longer ones; characters of one to four bytes.
  const results = ['', 'ä€😀', 'x'.repeat(5_000), '講'.repeat(10_000)];
  for (const [index, result] of results.entries())
    await server.emitter.emitCompleted({ jobId: `job-${index + 10}`, userId: 'ada', result });
  await vi.waitFor(() => expect(received).toHaveLength(results.length));
  expect(received.map(({ event, job: { result } }) => [event, result])).toEqual(results.map((result) => ['job:completed', result]));
  await server.emitter.emitCompleted({ ...job, result: null });
  await vi.waitFor(() => expect(received).toHaveLength(results.length + 1));
  await ask(socket, 'unsubscribe', { jobId: 'job-1' });
  expect(received).toHaveLength(results.length + 1);
});

it('writes frames of every size of length as WebSockets have them', async () => {
  await using server = await startJobServer();
  const socket = await server.connect('ada');
  await ask(socket, 'subscribe', { userId: 'ada' });
  const received = record(socket);
  const fanOut = inMemoryFanOut(server.io.of('/jobs'))!;
  const bare = '42/jobs,["job:progress",{"m":""}]'.length;
  const sizes = [125, 126, 127, 65_535, 65_536, 70_000];
  for (const size of sizes) fanOut(['user:ada', 'none'], 'withheld:j', 'job:progress', { m: 'x'.repeat(size - bare) } as unknown as AnyJobSnapshot);
  await vi.waitFor(() => expect(received.map(({ job: { m } }) => m.length + bare)).toEqual(sizes));
});

it('shows what goes out to onAnyOutgoing, as Socket.IO does', async () => {
  await using server = await startJobServer();
  const socket = await server.connect('ada');
  await ask(socket, 'subscribe', { userId: 'ada' });
  const seen: unknown[] = [];
  for (const [, one] of server.io.of('/jobs').sockets) one.onAnyOutgoing((event, payload) => seen.push([event, payload.jobId]));
  await server.emitter.emitCompleted({ ...job, result: 1 });
  await vi.waitFor(() => expect(seen).toEqual([['job:completed', 'job-1']]));
});

it('leaves another parser and another adapter their own way, also where the adapter comes later', async () => {
  await using packed = await startJobServer({}, { parser: msgpack });
  expect(inMemoryFanOut(packed.io.of('/jobs'))).toBeUndefined();

  class Other extends Adapter {
    static heard: unknown[] = [];
    override broadcast(packet: { data: unknown[] }, options: never): void {
      Other.heard.push(packet.data[0]);
      super.broadcast(packet, options);
    }
  }
  await using server = await startJobServer();
  const emitter = new JobEventEmitterService({ broadcaster: server.io.of('/jobs') as never, store: new MemoryJobStore(), throttle: { intervalMs: 0 } });
  await emitter.emitProgress({ ...job, stage: 'A', progress: 1 });
  server.io.adapter(Other as never);
  await emitter.emitProgress({ ...job, stage: 'A', progress: 2 });
  expect(Other.heard).toEqual(['job:progress']);
  await emitter.close();
});
