import { jobRoom } from '@notes/job-events-protocol';
import { Server } from 'socket.io';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AccessRequest, Authorize } from '../src/access/authorizer.js';
import { createJobEvents } from '../src/create-job-events.js';
import { ManualTiming } from './manual-timing.js';
import { ask, record, silent, startJobServer } from './job-server.js';

const roomOf = (jobId: string): string => jobRoom({ userId: 'alice', jobId });

/** Lets answers of `authorize` and of the store arrive. */
const settled = async () => { for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate); };

afterEach(() => vi.restoreAllMocks());

/** Asked about after 30 s to the millisecond, unless `isSpread`. */
async function startWatched(authorize: Authorize, options: object = {}, isSpread = false) {
  if (!isSpread) vi.spyOn(Math, 'random').mockReturnValue(1);
  const timing = new ManualTiming();
  const server = await startJobServer({ authorize, timing, ...options });
  for (const jobId of ['one', 'two']) await server.emitter.emitQueued({ jobId, userId: 'alice' });
  const rooms = server.io.of('/jobs').adapter.rooms;
  return { ...server, timing, isIn: (room: string) => rooms.has(room) };
}

describe('access that authorize gave', () => {
  const shared = () => {
    const allowed = new Set(['alice', 'one', 'two']);
    const authorize = vi.fn((identity: { userId: string }, subscription: object, { job }: AccessRequest) => {
      const { userId, jobId } = subscription as { userId?: string; jobId?: string };
      return userId === identity.userId || job?.userId === identity.userId || allowed.has(userId ?? jobId ?? '');
    });
    return { allowed, authorize };
  };

  it('to a job and to a user’s room is asked about again every 30 s without a sync, and ends where it is taken away', async () => {
    const { allowed, authorize } = shared();
    await using server = await startWatched(authorize);
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { subscriptions: [{ userId: 'alice' }, { jobId: 'one' }, { jobId: 'two' }] });
    const received = record(bob);
    allowed.delete('one');
    allowed.delete('alice');
    server.timing.advance(30_000);
    await vi.waitFor(() => expect([server.isIn(roomOf('one')), server.isIn('user:alice'), server.isIn(roomOf('two'))]).toEqual([false, false, true]));
    for (const jobId of ['one', 'two']) await server.emitter.emitCompleted({ jobId, userId: 'alice', result: 1 });
    await ask(bob, 'sync', { jobs: [] });
    expect(received.map(({ job }) => job.jobId)).toEqual(['two']);
    allowed.delete('two');
    server.timing.advance(30_000);
    await vi.waitFor(() => expect(server.isIn(roomOf('two'))).toBe(false));
    await settled();
    server.timing.advance(30_000);
    expect(server.timing.pending).toBe(0);
    expect(server.errors).toEqual([]);
  });

  it('to one’s own jobs and room costs nothing: nobody is asked and no timer waits', async () => {
    const { authorize } = shared();
    await using server = await startWatched(authorize);
    const alice = await server.connect('alice');
    await ask(alice, 'subscribe', { subscriptions: [{ userId: 'alice' }, { jobId: 'one' }] });
    const { length } = authorize.mock.calls;
    expect(server.timing.pending).toBe(0);
    server.timing.advance(120_000);
    await settled();
    expect(authorize.mock.calls).toHaveLength(length);
  });

  it('is asked about at a time of each socket’s own', async () => {
    const { authorize } = shared();
    await using server = await startWatched(authorize, {}, true);
    for (let count = 0; count < 20; count++) await ask(await server.connect(`bob-${count}`), 'subscribe', { userId: 'alice' });
    const { length } = authorize.mock.calls;
    const askedBy = async (ms: number) => {
      server.timing.advance(ms);
      await settled();
      return authorize.mock.calls.length - length;
    };
    expect(await askedBy(22_499)).toBe(0);
    const half = await askedBy(3_750);
    expect([half > 0, half < 20]).toEqual([true, true]);
    expect(await askedBy(3_751)).toBe(20);
  });

  it('is asked about for 20 sockets at once, and then for the others', async () => {
    const release: (() => void)[] = [];
    let isHeld = false;
    await using server = await startWatched(() => !isHeld || new Promise((resolve) => release.push(() => resolve(true))));
    for (let count = 0; count < 30; count++) await ask(await server.connect(`bob-${count}`), 'subscribe', { userId: 'alice' });
    isHeld = true;
    server.timing.advance(30_000);
    await settled();
    expect(release).toHaveLength(20);
    release[0]!();
    await settled();
    expect(release).toHaveLength(21);
    // What does not answer holds nobody up for longer than 5 s.
    server.timing.advance(5_000);
    await settled();
    expect(release).toHaveLength(30);
    expect(server.isIn('user:alice')).toBe(true);
  });

  it.each<[string, () => boolean | Promise<boolean>]>([
    ['throws', () => { throw new Error('broken'); }],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('is kept while authorize %s, which is reported, and asked about again', async (_, fail) => {
    let answer: () => boolean | Promise<boolean> = () => true;
    await using server = await startWatched(() => answer());
    await ask(await server.connect('bob'), 'subscribe', { subscriptions: [{ userId: 'alice' }, { jobId: 'one' }] });
    answer = fail;
    server.timing.advance(30_000);
    await vi.waitFor(() => expect(server.errors.map(({ code, message }) => [code, message])).toEqual([['HANDLER_FAILED', expect.stringContaining('authorize failed')]]));
    await settled();
    expect([server.isIn('user:alice'), server.isIn(roomOf('one'))]).toEqual([true, true]);
    answer = () => false;
    server.timing.advance(30_000);
    await vi.waitFor(() => expect([server.isIn('user:alice'), server.isIn(roomOf('one'))]).toEqual([false, false]));
  });

  it('is kept while authorize does not answer, which is reported; the late answer counts', async () => {
    const waiting: ((isAllowed: boolean) => void)[] = [];
    let isSlow = false;
    await using server = await startWatched(() => !isSlow || new Promise<boolean>((resolve) => waiting.push(resolve)));
    await ask(await server.connect('bob'), 'subscribe', { userId: 'alice' });
    isSlow = true;
    server.timing.advance(30_000);
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    server.timing.advance(5_000);
    await vi.waitFor(() => expect(server.errors.map(({ message }) => message)).toEqual([expect.stringContaining('They may until it does')]));
    expect(server.isIn('user:alice')).toBe(true);
    await settled();
    server.timing.advance(30_000);
    await vi.waitFor(() => expect(waiting).toHaveLength(2));
    waiting[0]!(false);
    await vi.waitFor(() => expect(server.isIn('user:alice')).toBe(false));
  });

  it('is kept while the store does not answer, which is reported', async () => {
    await using server = await startWatched(() => true);
    await ask(await server.connect('bob'), 'subscribe', { jobId: 'one' });
    vi.spyOn(server.store, 'get').mockRejectedValue(new Error('away'));
    server.timing.advance(30_000);
    await vi.waitFor(() => expect(server.errors.map(({ code }) => code)).toEqual(['STORE_FAILED']));
    expect(server.isIn(roomOf('one'))).toBe(true);
  });

  it('is not taken away by an old answer where it was allowed anew meanwhile', async () => {
    const waiting: ((isAllowed: boolean) => void)[] = [];
    let isSlow = false;
    await using server = await startWatched(() => !isSlow || new Promise<boolean>((resolve) => waiting.push(resolve)));
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { userId: 'alice' });
    isSlow = true;
    server.timing.advance(30_000);
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    isSlow = false;
    await ask(bob, 'subscribe', { userId: 'alice' });
    waiting[0]!(false);
    await settled();
    expect(server.isIn('user:alice')).toBe(true);
  });

  it('is asked about under the identity of the socket’s latest token', async () => {
    const roles: string[] = [];
    await using server = await startWatched(
      ((identity: { role: string }) => roles.push(identity.role) > 0) as never,
      { authenticate: ({ token }: { token: string }) => ({ userId: 'bob', role: token }) },
    );
    const bob = await server.connect('viewer');
    await ask(bob, 'subscribe', { userId: 'alice' });
    await ask(bob, 'authenticate', { token: 'guest' });
    roles.length = 0;
    server.timing.advance(30_000);
    await vi.waitFor(() => expect(roles).toEqual(['guest']));
  });

  it('is asked about as often as reauthorizeEveryMs says, and by Infinity never', async () => {
    const { authorize } = shared();
    for (const [reauthorizeEveryMs, times] of [[1_000, 1], [Infinity, 0], [1e15, 0]] as const) {
      await using server = await startWatched(authorize, { reauthorizeEveryMs });
      await ask(await server.connect('bob'), 'subscribe', { userId: 'alice' });
      const { length } = authorize.mock.calls;
      server.timing.advance(1_000);
      await settled();
      expect(authorize.mock.calls.length - length).toBe(times);
    }
    for (const reauthorizeEveryMs of [0, -1, Number.NaN, '30'] as number[])
      expect(() => createJobEvents(new Server(), { authenticate: () => null, reauthorizeEveryMs, logger: silent })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining('reauthorizeEveryMs') }),
      );
  });

  it('leaves no timer behind where the socket goes', async () => {
    await using server = await startWatched(() => true);
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { userId: 'alice' });
    expect(server.timing.pending).toBe(1);
    bob.disconnect();
    await vi.waitFor(() => expect(server.timing.pending).toBe(0));
  });
});
