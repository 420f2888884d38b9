import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { Socket } from 'socket.io-client';
import { describe, expect, it, vi } from 'vitest';
import type { AccessRequest } from '../src/access/authorizer.js';
import type { JobRun } from '../src/emitter/job-run.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ask, record, startJobServer, type JobServer } from './job-server.js';
import { ManualTiming } from './manual-timing.js';
import { ShiftedTiming } from './shifted-timing.js';
import { joinedNodes } from './support/joined-nodes.js';

/** A store that a test can make forget every job. */
function forgettingStore() {
  const timing = new ShiftedTiming();
  return Object.assign(new MemoryJobStore({ timing }), { forgetAll: () => timing.shift(86_400_001) });
}

/** Carol, who helps, may watch everybody's jobs. */
const authorize = ({ userId }: { userId: string }, subscription: object, { job }: AccessRequest): boolean =>
  userId === 'carol' || (job?.userId ?? (subscription as { userId?: string }).userId) === userId;

async function watch(server: JobServer, userId: string) {
  const socket = await server.connect(userId);
  expect(await ask(socket, 'subscribe', { jobId: 'report' })).toMatchObject({ ok: true });
  return { socket, received: record(socket) };
}

/** What was sent before this is answered has arrived. */
const settle = async (...sockets: readonly Socket[]): Promise<void> => {
  for (const socket of sockets) await ask(socket, 'unsubscribe', { jobId: 'none' });
};

/** Whose states they are: bob's carry a message, and alice's run a stage. */
const said = (received: readonly { job: AnyJobSnapshot }[]) => received.map(({ job }) => job.message ?? job.stage);

/** A run of alice's that is told to end by the test. */
function longRun(server: JobServer) {
  let end = (): void => {};
  let job: JobRun | undefined;
  const running = server.emitter.run({ jobId: 'report', userId: 'alice' }, async (handle) => {
    job = handle;
    await new Promise<void>((resolve) => (end = resolve));
  });
  return { job: () => vi.waitFor(() => job ?? Promise.reject(new Error('not begun'))), finish: async () => (end(), running.catch(() => {})) };
}

async function completeForAlice(server: JobServer): Promise<void> {
  await server.emitter.emitCompleted({ jobId: 'report', userId: 'alice', result: 1, message: 'alice’s' });
  await server.emitter.flush();
}

const bobReports = (server: JobServer, message = 'bob’s', progress = 10): Promise<unknown> =>
  server.emitter.emitProgress({ jobId: 'report', userId: 'bob', stage: 'SAVING', progress, message, attempt: 1 });

describe('a job’s id that another user takes when the store has forgotten the job', () => {
  it('brings nothing of the new job to sockets that watched the former one, and all of it to those that watch it', async () => {
    const store = forgettingStore();
    await using server = await startJobServer({ store, authorize });
    await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
    const [alice, carol] = [await watch(server, 'alice'), await watch(server, 'carol')];
    await completeForAlice(server);
    store.forgetAll();
    await server.emitter.emitQueued({ jobId: 'report', userId: 'bob' });
    const bob = await watch(server, 'bob');
    await bobReports(server);
    await server.emitter.emitCompleted({ jobId: 'report', userId: 'bob', result: 2, message: 'bob’s' });
    await vi.waitFor(() => expect(said(bob.received)).toEqual(['bob’s', 'bob’s']));
    await settle(alice.socket, carol.socket);
    for (const { received } of [alice, carol]) expect(said(received)).toEqual(['alice’s']);
  });

  it('brings nothing of the former owner’s run, which goes on, to sockets that watch the new job', async () => {
    const store = forgettingStore();
    await using server = await startJobServer({ store, authorize });
    const run = longRun(server);
    const job = await run.job();
    store.forgetAll();
    await server.emitter.emitQueued({ jobId: 'report', userId: 'bob' });
    const bob = await watch(server, 'bob');
    const alice = await server.connect('alice');
    await ask(alice, 'subscribe', { userId: 'alice' });
    const hers = record(alice);
    job.stage('ALICES');
    await vi.waitFor(() => expect(said(hers)).toContain('ALICES'));
    await settle(bob.socket);
    expect(bob.received).toEqual([]);
    await run.finish();
    await settle(bob.socket);
    expect(bob.received).toEqual([]);
  });

  it('leads a subscribe that was decided before to the job that was authorized, or to none', async () => {
    const store = forgettingStore();
    let takeOver: (() => Promise<unknown>) | undefined;
    const get = store.get.bind(store);
    // Between the two readings of a subscribe.
    store.get = async (jobIds) => {
      const records = await get(jobIds);
      await takeOver?.();
      return records;
    };
    await using server = await startJobServer({ store, authorize });
    await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
    const carol = await server.connect('carol');
    takeOver = () => {
      takeOver = undefined;
      store.forgetAll();
      return server.emitter.emitQueued({ jobId: 'report', userId: 'bob' });
    };
    expect(await ask(carol, 'subscribe', { jobId: 'report' })).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
    const received = record(carol);
    await bobReports(server);
    await settle(carol);
    expect(received).toEqual([]);
    // Which the client asks for again, as for a job that is not known yet.
    expect(await ask(carol, 'subscribe', { jobId: 'report' })).toMatchObject({ snapshots: [{ message: 'bob’s' }] });
  });

  it.each(['sync', 'the server’s own check'])('is followed to its new owner by those who may watch it, at %s', async (when) => {
    const store = forgettingStore();
    const timing = new ManualTiming();
    await using server = await startJobServer({ store, authorize, timing });
    await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
    const { socket, received } = await watch(server, 'carol');
    store.forgetAll();
    await server.emitter.emitQueued({ jobId: 'report', userId: 'bob' });
    if (when === 'sync') expect(await ask(socket, 'sync', { jobs: [] })).toMatchObject({ ok: true });
    else timing.advance(30_000);
    const rooms = () => [...(server.io.of('/jobs').adapter.sids.values().next().value ?? [])].filter((room) => room.startsWith('job:'));
    await vi.waitFor(() => expect(rooms()).toEqual(['job:3:bobreport']));
    await bobReports(server);
    await vi.waitFor(() => expect(said(received)).toEqual(['bob’s']));
    await ask(socket, 'unsubscribe', { jobId: 'report' });
    await bobReports(server, 'later', 50);
    await settle(socket);
    expect(said(received)).toEqual(['bob’s']);
  });

  it('stays revoked: a subscribe to the new job brings nothing of the former one back', async () => {
    const store = forgettingStore();
    await using server = await startJobServer({ store, authorize });
    const run = longRun(server);
    const job = await run.job();
    const { socket, received } = await watch(server, 'carol');
    server.jobEvents.revoke({ userId: 'carol', jobId: 'report' });
    store.forgetAll();
    await server.emitter.emitQueued({ jobId: 'report', userId: 'bob' });
    await bobReports(server, 'withheld');
    await settle(socket);
    expect(received).toEqual([]);
    // Allowed again, for bob's.
    await ask(socket, 'subscribe', { jobId: 'report' });
    job.stage('ALICES');
    await bobReports(server, 'bob’s', 50);
    await vi.waitFor(() => expect(said(received)).toContain('bob’s'));
    await run.finish();
    await settle(socket);
    expect(said(received)).toEqual(['bob’s']);
  });

  it('is kept apart on every node: neither watchers nor runs elsewhere reach the other’s', async () => {
    const store = forgettingStore();
    const adapter = joinedNodes();
    await using here = await startJobServer({ store, authorize }, { adapter });
    await using there = await startJobServer({ store, authorize }, { adapter });
    const run = longRun(here);
    const job = await run.job();
    const alice = await watch(there, 'alice');
    store.forgetAll();
    await here.emitter.emitQueued({ jobId: 'report', userId: 'bob' });
    const bob = await watch(there, 'bob');
    job.stage('ALICES');
    await bobReports(here);
    await vi.waitFor(() => expect(said(bob.received)).toContain('bob’s'));
    await vi.waitFor(() => expect(said(alice.received)).toContain('ALICES'));
    expect(new Set(said(bob.received))).toEqual(new Set(['bob’s']));
    expect(said(alice.received)).not.toContain('bob’s');
    await run.finish();
  });
});
