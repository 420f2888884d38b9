import { jobRoom } from '@notes/job-events-protocol';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { describe, expect, it, vi } from 'vitest';
import type { AccessRequest } from '../src/access/authorizer.js';
import { dangerouslyAllowEverybodyAs } from '../src/access/identity.js';
import { createJobEvents } from '../src/create-job-events.js';
import { ManualTiming } from './manual-timing.js';
import { ask, record, silent, startJobServer } from './job-server.js';

const fault = (code: string) => ({ ok: false, error: { code, message: expect.any(String) } });
const older = (jobId: string) => ({ jobId, version: [1, 0, 0, 1] });
const never = new Promise<never>(() => {});

describe('whose job it is', () => {
  it('is said in answers about jobs that are watched by their id and belong to nobody who is followed', async () => {
    const authorize = () => true;
    await using server = await startJobServer({ authenticate: () => ({ userId: 'alice' }), authorize });
    await server.emitter.emitProgress({ jobId: 'mine', userId: 'alice', stage: 'SAVING', progress: 5 });
    await server.emitter.emitProgress({ jobId: 'theirs', userId: 'boss', stage: 'SAVING', progress: 5 });
    const socket = await server.connect();
    const both = { subscriptions: [{ jobId: 'mine' }, { jobId: 'theirs' }] };
    expect(await ask(socket, 'subscribe', both)).toMatchObject({ ok: true, foreign: ['theirs'] });
    expect(await ask(socket, 'sync', { jobs: [older('mine'), older('theirs')] })).toMatchObject({ ok: true, foreign: ['theirs'] });
    expect(await (await server.request('/api/jobs?ids=mine,theirs')).json()).toMatchObject({ foreign: ['theirs'] });
    expect(await ask(socket, 'subscribe', { jobId: 'mine' })).not.toHaveProperty('foreign');
    expect(await ask(socket, 'subscribe', { userId: 'boss' })).not.toHaveProperty('foreign');
    expect(await ask(socket, 'sync', { jobs: [older('mine'), older('theirs')] })).not.toHaveProperty('foreign');
  });
});

describe('who comes in', () => {
  it('needs an authenticate, or one with an alarming name', async () => {
    const nobody = { broadcaster: { to: () => ({ emit: () => true }) } };
    // @ts-expect-error: required by type
    expect(() => createJobEvents(nobody, {})).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
    // @ts-expect-error: required by type
    expect(() => createJobEvents(nobody)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
    await using server = await startJobServer({ authenticate: dangerouslyAllowEverybodyAs('demo') });
    const socket = await server.connect();
    expect(await ask(socket, 'subscribe', { userId: 'demo' })).toMatchObject({ ok: true });
  });

  it.each([undefined, {}, createServer()])('says what it needs where it is given no Socket.IO server (%#)', (io) => {
    expect(() => createJobEvents(io as never, { authenticate: () => null })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining('new Server(httpServer)') }),
    );
  });

  it('wants a namespace as Socket.IO writes it', () => {
    expect(() => createJobEvents(new Server(), { authenticate: () => null, namespace: 'jobs', logger: silent })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining('slash') }),
    );
  });

  it('says what to do about an authenticate that throws for whoever is not signed in', async () => {
    const onError = vi.fn();
    await using server = await startJobServer({ authenticate: () => Promise.reject(new Error('jwt malformed')), onError });
    expect((await server.request('/api/jobs', 'forged')).status).toBe(503);
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'HANDLER_FAILED', message: expect.stringMatching(/jwt malformed.*UnauthenticatedError/) }));
  });

  it('is asked with the token, the headers and the raw request, over the socket and over HTTP', async () => {
    const asked: unknown[] = [];
    await using server = await startJobServer({
      authenticate: ({ token, headers, request, via }) => {
        asked.push([via, token, headers.get('cookie'), request.constructor.name]);
        return { userId: 'alice' };
      },
    });
    await server.connect('a-token', { extraHeaders: { cookie: 'session=1' } });
    await server.request('/api/jobs', 'b-token', { headers: { cookie: 'session=2' } });
    await server.jobEvents.handler(new Request('http://x/api/jobs', { headers: { cookie: 'session=3' } }));
    expect(asked).toEqual([
      ['socket', 'a-token', 'session=1', 'IncomingMessage'],
      ['http', 'b-token', 'session=2', 'IncomingMessage'],
      ['http', undefined, 'session=3', 'Request'],
    ]);
  });

  it.each([
    ['throws at once', () => { throw new Error('broken'); }],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['returns nonsense', () => ({ userId: 5 })],
    ['returns seconds for milliseconds', () => ({ userId: 'alice', expiresAt: 1_795_000_000 })],
    ['returns no date', () => ({ userId: 'alice', expiresAt: new Date('never') })],
  ])('where authenticate %s: is told to try again, and the process goes on', async (_, authenticate) => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, authenticate: authenticate as never });
    await expect(server.connect('alice')).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
    timing.advance(1_000);
    expect((await server.request('/api/jobs', 'alice')).status).toBe(503);
    expect(server.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED', 'HANDLER_FAILED']);
  });

  it('is told to try again after 5 s without an answer', async () => {
    const timing = new ManualTiming();
    const authenticate = vi.fn(() => never);
    await using server = await startJobServer({ timing, authenticate });
    const refused = expect(server.connect('alice')).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
    await vi.waitFor(() => expect(authenticate).toHaveBeenCalled());
    timing.advance(5_000);
    await refused;
  });

  it('comes from an allowed page, whatever the transport', async () => {
    await using server = await startJobServer({ origins: ['https://app.example.com'] });
    for (const transports of [['websocket'], ['polling']]) {
      const from = (origin: string | undefined, auth: object) =>
        server.connect(auth, { transports, extraHeaders: origin === undefined ? {} : { origin } });
      await expect(from('https://app.example.com', { token: 'alice' })).resolves.toBeDefined();
      await expect(from(undefined, { token: 'alice' })).resolves.toBeDefined();
      await expect(from(undefined, {})).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } });
      for (const origin of ['https://evil.example', 'null', 'https://app.example.com.evil.example'])
        await expect(from(origin, { token: 'alice' })).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } });
    }
  });

  it('by cookies and without an origin check is warned of, once', async () => {
    const warn = vi.fn();
    const logger = { ...silent, warn };
    await using server = await startJobServer({ logger, authenticate: () => ({ userId: 'alice' }) });
    for (let count = 0; count < 2; count += 1) await server.connect({}, { extraHeaders: { cookie: 'session=1' } });
    expect(warn.mock.calls.map(([details]) => details)).toEqual([{ option: 'origins' }]);
  });

  it('by cookies from another origin, for which cors has no credentials, is warned of, once', async () => {
    const origins = ['https://app.example.com'];
    for (const [cors, warnings] of [[{ origin: origins }, 1], [{ origin: origins, credentials: true }, 0]] as const) {
      const warn = vi.fn();
      await using server = await startJobServer({ origins, logger: { ...silent, warn }, authenticate: () => ({ userId: 'alice' }) }, { cors: { ...cors, origin: [...origins] } });
      for (let count = 0; count < 2; count += 1) await server.connect({}, { extraHeaders: { cookie: 'session=1', origin: origins[0]! } });
      expect(warn.mock.calls.map(([{ option }]) => option)).toEqual(Array(warnings).fill('cors.credentials'));
    }
  });
});

describe('an identity that ends', () => {
  const expiring = (timing: ManualTiming) => {
    let issued = 0;
    return () => ({ userId: 'alice', expiresAt: timing.now() + 60_000, issue: (issued += 1) });
  };

  it('is announced 30 s before, and cut off 30 s after', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, authenticate: expiring(timing) });
    const socket = await server.connect('alice');
    const received = record(socket);
    await ask(socket, 'subscribe', { userId: 'alice' });
    const expiresAt = new Date(timing.now() + 60_000).toISOString();
    timing.advance(30_000);
    await vi.waitFor(() => expect(received).toEqual([{ event: 'auth:expiring', job: { expiresAt } }]));
    timing.advance(59_000);
    expect(await ask(socket, 'sync', { jobs: [] })).toMatchObject({ ok: true });
    timing.advance(1_000);
    await vi.waitFor(() => expect(socket.connected).toBe(false));
    expect(server.io.of('/jobs').adapter.rooms.has('user:alice')).toBe(false);
  });

  it('goes on with a fresh token, and keeps its subscriptions', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, authenticate: expiring(timing) });
    const socket = await server.connect('alice');
    await ask(socket, 'subscribe', { userId: 'alice' });
    timing.advance(50_000);
    expect(await ask(socket, 'authenticate', { token: 'fresh' })).toEqual({ ok: true });
    timing.advance(60_000);
    expect(await ask(socket, 'sync', { jobs: [] })).toMatchObject({ ok: true });
    expect(server.io.of('/jobs').adapter.rooms.get('user:alice')?.size).toBe(1);
  });

  it('leaves no timer behind where the socket goes while its fresh token is looked at', async () => {
    const timing = new ManualTiming();
    let answer: (() => void) | undefined;
    await using server = await startJobServer({
      timing,
      authenticate: async ({ token }) => {
        if (token === 'fresh') await new Promise<void>((resolve) => (answer = resolve));
        return { userId: 'alice', expiresAt: timing.now() + 3_600_000 };
      },
    });
    const socket = await server.connect('first');
    socket.emit('authenticate', { token: 'fresh' });
    await vi.waitFor(() => expect(answer).toBeDefined());
    socket.disconnect();
    await vi.waitFor(() => expect(server.jobEvents.gateway.socketCount).toBe(0));
    answer!();
    await new Promise(setImmediate);
    expect(timing.pending).toBe(0);
  });

  it('is refused where it has ended already', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, authenticate: () => ({ userId: 'alice', expiresAt: timing.now() - 30_000 }) });
    await expect(server.connect('alice')).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
  });
});

describe('an authorize of one’s own', () => {
  /** Who may see which of other people's jobs, to be changed while a socket lives. */
  const shared = () => {
    const allowed = new Set<string>();
    const authorize = vi.fn((identity: { userId: string }, subscription: object, { job }: AccessRequest) =>
      'jobId' in subscription ? job?.userId === identity.userId || allowed.has(`${identity.userId}:${subscription.jobId}`) : true);
    return { allowed, authorize };
  };

  it('is asked with the job and its owner, and decides for socket and HTTP', async () => {
    const { allowed, authorize } = shared();
    await using server = await startJobServer({ authorize });
    await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
    const bob = await server.connect('bob');
    expect(await ask(bob, 'subscribe', { jobId: 'report' })).toEqual(fault('NOT_FOUND'));
    allowed.add('bob:report');
    expect(await ask(bob, 'subscribe', { jobId: 'report' })).toMatchObject({ ok: true });
    expect((await server.request('/api/jobs/report', 'bob')).status).toBe(200);
    expect(authorize.mock.calls[0]).toEqual([{ userId: 'bob' }, { jobId: 'report' }, { action: 'watch', job: expect.objectContaining({ userId: 'alice', status: 'queued' }) }]);
  });

  it('takes effect at the next sync where it changed its mind', async () => {
    const { allowed, authorize } = shared();
    await using server = await startJobServer({ authorize });
    await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
    allowed.add('bob:report');
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { jobId: 'report' });
    const received = record(bob);
    allowed.clear();
    expect(await ask(bob, 'sync', { jobs: [older('report')] })).toEqual({ ok: true, snapshots: [], unknown: ['report'] });
    await server.emitter.emitCompleted({ jobId: 'report', userId: 'alice', result: 1 });
    await ask(bob, 'sync', { jobs: [] });
    expect(received).toEqual([]);
  });

  it('that throws or says something other than true shows nothing', async () => {
    let answer: () => unknown = () => 'yes';
    await using server = await startJobServer({ authorize: () => answer() as boolean });
    await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
    const socket = await server.connect('alice');
    expect(await ask(socket, 'subscribe', { jobId: 'report' })).toEqual(fault('NOT_FOUND'));
    answer = () => { throw new Error('broken'); };
    expect(await ask(socket, 'subscribe', { jobId: 'report' })).toEqual(fault('INTERNAL'));
    expect((await server.request('/api/jobs/report', 'alice')).status).toBe(503);
    expect(server.io.of('/jobs').adapter.rooms.has(jobRoom({ userId: 'alice', jobId: 'report' }))).toBe(false);
  });
});

describe('revoking', () => {
  it('disconnects all sockets of the user, subscribed or not, and nobody else', async () => {
    await using server = await startJobServer();
    const [one, two, bob] = [await server.connect('alice'), await server.connect('alice'), await server.connect('bob')];
    await ask(one, 'subscribe', { userId: 'alice' });
    server.jobEvents.revoke({ userId: 'alice' });
    await vi.waitFor(() => expect([one.connected, two.connected, bob.connected]).toEqual([false, false, true]));
  });

  it('takes one job away, and leaves the connection', async () => {
    await using server = await startJobServer({ authorize: () => true });
    await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
    const bob = await server.connect('bob');
    await ask(bob, 'subscribe', { jobId: 'report' });
    const received = record(bob);
    server.jobEvents.revoke({ userId: 'bob', jobId: 'report' });
    await server.emitter.emitCompleted({ jobId: 'report', userId: 'alice', result: 1 });
    await ask(bob, 'unsubscribe', { jobId: 'none' });
    expect([bob.connected, received]).toEqual([true, []]);
  });
});
