import { describeWith, startPostgres, startRedis, type PostgresServer, type RedisServer } from '@notes/test-kit';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { Emitter } from '@socket.io/redis-emitter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import type { ServerOptions } from 'socket.io';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Authorize } from '../src/access/authorizer.js';
import type { Broadcaster } from '../src/broadcaster.js';
import { JobEventEmitterService } from '../src/emitter/index.js';
import { connectPostgres } from '../src/postgres/index.js';
import { connectRedis } from '../src/redis/index.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ask, record, silent, startJobServer } from './job-server.js';
import { joinedNodes } from './support/joined-nodes.js';

interface Node {
  readonly adapter?: NonNullable<ServerOptions['adapter']>;
  /** Of a worker elsewhere. */
  readonly broadcaster?: Broadcaster;
  close?(): unknown;
}

/** Everybody may watch everybody: what does not come does not come because of the revoke. */
const authorize: Authorize = () => true;
const older = (jobId: string) => ({ jobId, version: [1, 0, 0, 1] });

/** Bob watches all jobs of alice on both nodes, and loses one of them on the first. */
async function loseOneJob(openNode: () => Promise<Node>): Promise<void> {
  const store = new MemoryJobStore();
  const opened = [await openNode(), await openNode()];
  await using here = await startJobServer({ store, authorize }, opened[0]!.adapter ? { adapter: opened[0]!.adapter } : {});
  await using there = await startJobServer({ store, authorize }, opened[1]!.adapter ? { adapter: opened[1]!.adapter } : {});
  const isOne = opened[0]!.adapter === undefined;
  const nodes = isOne ? [here] : [here, there];
  for (const jobId of ['secret', 'plain']) await here.emitter.emitQueued({ jobId, userId: 'alice' });
  const watching = async (userId: string) => {
    const sockets = await Promise.all(nodes.map((node) => node.connect(userId)));
    for (const socket of sockets) await ask(socket, 'subscribe', { userId: 'alice' });
    return sockets.map((socket) => ({ socket, received: record(socket) }));
  };
  const [bobs, carols] = [await watching('bob'), await watching('carol')];
  // The nodes have to know each other.
  if (!isOne) await vi.waitFor(async () => expect((await here.io.of('/jobs').fetchSockets()).length).toBe(4), { timeout: 15_000 });
  await ask(bobs[0]!.socket, 'subscribe', { jobId: 'secret' });

  here.jobEvents.revoke({ userId: 'bob', jobId: 'secret' });
  for (const node of nodes) await vi.waitFor(() => expect(node.io.of('/jobs').adapter.rooms.get('withheld:secret')?.size).toBe(1), { timeout: 5_000 });

  const broadcasters = opened.flatMap(({ broadcaster }) => broadcaster ?? []);
  const workers = broadcasters.slice(0, 1).map((broadcaster) => new JobEventEmitterService({ broadcaster, store, logger: silent }));
  const emitters = [here.emitter, ...workers];
  for (const [index, emitter] of emitters.entries())
    for (const jobId of ['secret', 'plain']) await emitter.emitProgress({ jobId, userId: 'alice', stage: 'SAVING', progress: 10 * (index + 1) });
  for (const jobId of ['secret', 'plain']) await emitters.at(-1)!.emitCompleted({ jobId, userId: 'alice', result: 1 });
  const ends = (received: readonly { event: string; job: { jobId: string } }[]) => received.filter(({ event }) => event === 'job:completed').map(({ job }) => job.jobId);
  for (const { received } of carols) await vi.waitFor(() => expect(ends(received)).toEqual(['secret', 'plain']), { timeout: 10_000 });
  for (const { received } of bobs) await vi.waitFor(() => expect(ends(received)).toEqual(['plain']), { timeout: 10_000 });
  for (const { received, socket } of bobs) {
    // That it was queued was told before.
    expect(received.filter(({ job }) => job.jobId === 'secret' && job.status !== 'queued')).toEqual([]);
    // Nor by asking on.
    expect(await ask(socket, 'sync', { jobs: [older('secret'), older('plain')] })).toMatchObject({ snapshots: [{ jobId: 'plain' }], unknown: ['secret'] });
  }

  // Nor by connecting anew, on any node.
  for (const node of nodes) {
    const again = await node.connect('bob');
    const received = record(again);
    const { snapshots } = await ask(again, 'subscribe', { userId: 'alice' });
    const listed = snapshots.map(({ jobId }: { jobId: string }) => jobId);
    expect([listed.includes('plain'), listed.includes('secret')]).toEqual([true, false]);
    await node.emitter.emitProgress({ jobId: 'secret', userId: 'alice', attempt: 2 + nodes.indexOf(node), stage: 'SAVING', progress: 30 });
    await node.emitter.emitQueued({ jobId: `later-${nodes.indexOf(node)}`, userId: 'alice' });
    await vi.waitFor(() => expect(received.map(({ job }) => job.jobId)).toContain(`later-${nodes.indexOf(node)}`));
    expect(received.filter(({ job }) => job.jobId === 'secret')).toEqual([]);
  }
  for (const worker of workers) await worker.close();
  for (const node of opened) await node.close?.();
}

describe('a job that is revoked from somebody who watches all jobs of its owner', () => {
  it('does not come any more, in one process', () => loseOneJob(async () => ({})));
  it('does not come any more, on nodes of one process', () => {
    const adapter = joinedNodes();
    return loseOneJob(async () => ({ adapter }));
  });

  it('comes again where authorize allows a new subscribe to it', async () => {
    await using server = await startJobServer({ authorize });
    await server.emitter.emitQueued({ jobId: 'secret', userId: 'alice' });
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { userId: 'alice' });
    server.jobEvents.revoke({ userId: 'bob', jobId: 'secret' });
    expect(await ask(bob, 'subscribe', { jobId: 'secret' })).toMatchObject({ snapshots: [{ jobId: 'secret' }] });
    const received = record(bob);
    await server.emitter.emitCompleted({ jobId: 'secret', userId: 'alice', result: 1 });
    await vi.waitFor(() => expect(received).toHaveLength(1));
  });

  it('does not come again by a subscribe that began before the revoke', async () => {
    let hold: ((isAllowed: boolean) => void) | undefined;
    let isHolding = false;
    await using server = await startJobServer({
      authorize: (_identity, subscription) => ('userId' in subscription || !isHolding ? true : new Promise<boolean>((resolve) => (hold = resolve))),
    });
    await server.emitter.emitQueued({ jobId: 'secret', userId: 'alice' });
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { userId: 'alice' });
    const received = record(bob);
    isHolding = true;
    const subscribing = ask(bob, 'subscribe', { jobId: 'secret' });
    await vi.waitFor(() => expect(hold).toBeDefined());
    isHolding = false;
    server.jobEvents.revoke({ userId: 'bob', jobId: 'secret' });
    await server.emitter.emitProgress({ jobId: 'secret', userId: 'alice', stage: 'AFTER', progress: 50 });
    hold!(true);
    expect(await subscribing).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
    await server.emitter.emitCompleted({ jobId: 'secret', userId: 'alice', result: 1 });
    await ask(bob, 'unsubscribe', { jobId: 'none' });
    expect(received).toEqual([]);
  });

  it('stays with its owner, who may watch other users too', async () => {
    await using server = await startJobServer({ authorize });
    await server.emitter.emitQueued({ jobId: 'mine', userId: 'bob' });
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { subscriptions: [{ userId: 'bob' }, { userId: 'alice' }] });
    const received = record(bob);
    server.jobEvents.revoke({ userId: 'bob', jobId: 'mine' });
    await vi.waitFor(() => expect(server.io.of('/jobs').adapter.rooms.has('withheld:mine')).toBe(false));
    await server.emitter.emitCompleted({ jobId: 'mine', userId: 'bob', result: 1 });
    await vi.waitFor(() => expect(received).toHaveLength(1));
  });

  it('comes back to its owner by the next sync where the store did not say whose it is', async () => {
    await using server = await startJobServer();
    await server.emitter.emitQueued({ jobId: 'mine', userId: 'bob' });
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { userId: 'bob' });
    vi.spyOn(server.store, 'get').mockRejectedValueOnce(new Error('away'));
    server.jobEvents.revoke({ userId: 'bob', jobId: 'mine' });
    await vi.waitFor(() => expect(server.errors.map(({ code, jobId }) => [code, jobId])).toEqual([['STORE_FAILED', 'mine']]));
    expect(await ask(bob, 'sync', { jobs: [older('mine')] })).toMatchObject({ unknown: [] });
    expect(server.io.of('/jobs').adapter.rooms.has('withheld:mine')).toBe(false);
  });
});

describe('over PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => { server = await startPostgres(); });
  afterAll(() => server[Symbol.asyncDispose]());

  it('a job that is revoked does not come any more, on either node, nor from a worker', async () => {
    const { url } = await server.createDatabase();
    await loseOneJob(() => connectPostgres({ url }));
  });
});

describeWith(['redis-server'], 'over Redis', () => {
  let server: RedisServer;
  const clients: Redis[] = [];
  const client = (): Redis => {
    const opened = new Redis(server.url).on('error', () => {});
    clients.push(opened);
    return opened;
  };
  beforeAll(async () => { server = await startRedis({ own: true }); });
  afterAll(async () => {
    for (const opened of clients) opened.disconnect();
    await server[Symbol.asyncDispose]();
  });

  it('a job that is revoked does not come any more, on either node, nor from a worker', () => loseOneJob(() => connectRedis({ url: server.url })));

  it.each<[string, () => Node]>([
    ['@socket.io/redis-adapter', () => ({ adapter: createAdapter(client(), client()), broadcaster: new Emitter(client()).of('/jobs') })],
    ['the sharded kind of it', () => ({ adapter: createShardedAdapter(client(), client()) })],
    ['@socket.io/redis-streams-adapter', () => ({ adapter: createStreamsAdapter(client()) })],
  ])('nor on nodes joined by %s', (_, node) => loseOneJob(async () => node()));
});
