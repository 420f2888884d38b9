import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, record, startJobServer, type JobServer } from './job-server.js';

/**
 * The specification's section 2, line by line, with nothing but socket.io-client and fetch: what is asked, what is
 * answered. Jobs of alice: one of each status, named after it. Of bob: `bobs`.
 */
let server: JobServer;

beforeAll(async () => {
  server = await startJobServer();
  const { emitter } = server;
  const alice = (jobId: string) => ({ jobId, userId: 'alice' });
  const error = { code: 'BROKEN', message: 'It broke.', retryable: true };
  await emitter.emitQueued({ ...alice('queued'), metadata: { fileName: 'a.pdf' } });
  await emitter.emitProgress({ ...alice('active'), stage: 'DOWNLOADING', progress: 20, message: 'Downloading' });
  await emitter.emitFailed({ ...alice('retrying'), error, willRetry: true });
  await emitter.emitCompleted({ ...alice('completed'), result: { noteId: 'n1' } });
  await emitter.emitFailed({ ...alice('failed'), error });
  await emitter.emitCancelled(alice('cancelled'));
  await emitter.emitQueued({ jobId: 'bobs', userId: 'bob' });
  await emitter.flush();
});

afterAll(() => server[Symbol.asyncDispose]());

const ALICES = ['queued', 'active', 'retrying', 'completed', 'failed', 'cancelled'];
const fault = (code: string) => ({ ok: false, error: { code, message: expect.any(String) } });
const rejected = (subscription: object, code: string) => ({ subscription, error: { code, message: expect.any(String) } });
const state = (jobId: string, rest: object = {}) => expect.objectContaining({ jobId, version: expect.any(Array), ...rest });
const NOBODYS_VERSION = [1, 0, 0, 1];
/** What a client knows that saw an older state. */
const older = (jobId: string) => ({ jobId, version: NOBODYS_VERSION });
/** What a client knows that saw everything. */
async function current(jobId: string): Promise<{ jobId: string; version: number[] }> {
  const { version } = (await (await server.request(`/api/jobs/${jobId}`, 'alice')).json()) as { version: number[] };
  return { jobId, version };
}

describe('the handshake', () => {
  it.each([
    ['a token', { token: 'alice' }],
    ['a token and the version', { token: 'alice', protocol: 1 }],
  ])('lets %s in', async (_, auth) => {
    const socket = await server.connect(auth);
    expect(socket.connected).toBe(true);
    socket.disconnect();
  });

  it('takes the bearer token of a client that can set headers', async () => {
    const socket = await server.connect({}, { extraHeaders: { authorization: 'Bearer alice' } });
    expect(await ask(socket, 'subscribe', { jobId: 'active' })).toMatchObject({ ok: true });
    socket.disconnect();
  });

  it.each([
    ['no token', {}, 'UNAUTHENTICATED'],
    ['a token that is no text', { token: { $ne: '' } }, 'UNAUTHENTICATED'],
    ['a token that was refused by a throw', { token: 'banned' }, 'UNAUTHENTICATED'],
    ['an outage of the token store, which is not final', { token: 'outage' }, 'INTERNAL'],
    ['a user id that cannot be one', { token: 'x'.repeat(129) }, 'INTERNAL'],
    ['another version of the protocol', { token: 'alice', protocol: 2 }, 'UNSUPPORTED_PROTOCOL'],
    ['nonsense for a version', { token: 'alice', protocol: [[]] }, 'UNSUPPORTED_PROTOCOL'],
  ])('refuses %s', async (_, auth, code) => {
    const data = { code, message: expect.any(String) };
    await expect(server.connect(auth)).rejects.toMatchObject({ data });
  });
});

describe('client events', () => {
  const rows: [title: string, event: string, payload: unknown, answer: unknown][] = [
    ['a job', 'subscribe', { jobId: 'active' }, { ok: true, snapshots: [state('active', { status: 'active', stage: 'DOWNLOADING', progress: 20, message: 'Downloading' })] }],
    ['a job that has ended', 'subscribe', { jobId: 'completed' }, { ok: true, snapshots: [state('completed', { status: 'completed', progress: 100, result: { noteId: 'n1' } })] }],
    ['a job that does not exist', 'subscribe', { jobId: 'none' }, fault('NOT_FOUND')],
    ["somebody else's job", 'subscribe', { jobId: 'bobs' }, fault('NOT_FOUND')],
    ["somebody else's room", 'subscribe', { userId: 'bob' }, fault('FORBIDDEN')],
    ['one of each, item by item', 'subscribe', { subscriptions: [{ jobId: 'failed' }, { jobId: 'none' }, { jobId: 'bobs' }, { userId: 'bob' }] }, {
      ok: true,
      snapshots: [state('failed', { status: 'failed', error: { code: 'BROKEN', message: 'It broke.', retryable: true } })],
      rejected: [rejected({ jobId: 'none' }, 'NOT_FOUND'), rejected({ jobId: 'bobs' }, 'NOT_FOUND'), rejected({ userId: 'bob' }, 'FORBIDDEN')],
    }],
    ['a batch of one that is refused', 'subscribe', { subscriptions: [{ jobId: 'none' }] }, { ok: true, snapshots: [], rejected: [rejected({ jobId: 'none' }, 'NOT_FOUND')] }],
    ['an empty batch', 'subscribe', { subscriptions: [] }, fault('INVALID_PAYLOAD')],
    ['both at once', 'subscribe', { jobId: 'active', userId: 'alice' }, fault('INVALID_PAYLOAD')],
    ['an id that cannot be one', 'subscribe', { jobId: '../etc' }, fault('INVALID_PAYLOAD')],
    ['nothing', 'subscribe', undefined, fault('INVALID_PAYLOAD')],
    ['a job', 'unsubscribe', { jobId: 'active' }, { ok: true }],
    ['what was never subscribed', 'unsubscribe', { subscriptions: [{ jobId: 'bobs' }, { userId: 'bob' }] }, { ok: true }],
    ['nonsense', 'unsubscribe', 'active', fault('INVALID_PAYLOAD')],
    ['nothing to compare', 'sync', { jobs: [] }, { ok: true, snapshots: [], unknown: [] }],
    ['older states', 'sync', { jobs: [older('active'), older('completed')] }, { ok: true, snapshots: [state('active'), state('completed')], unknown: [] }],
    ['states newer than the stored one', 'sync', { jobs: [{ jobId: 'queued', version: [1, 0, 9, 9, Number.MAX_SAFE_INTEGER] }] }, { ok: true, snapshots: [], unknown: [] }],
    ["what is not there, and what is somebody else's", 'sync', { jobs: [older('none'), older('bobs')] }, { ok: true, snapshots: [], unknown: ['none', 'bobs'] }],
    ['a cursor without a user subscription', 'sync', { jobs: [], cursor: 'x' }, { ok: true, snapshots: [], unknown: [] }],
    ['201 jobs', 'sync', { jobs: Array.from({ length: 201 }, (_, i) => older(`j${i}`)) }, fault('INVALID_PAYLOAD')],
    ['a version that is none', 'sync', { jobs: [{ jobId: 'active', version: [1, 0, 0] }] }, fault('INVALID_PAYLOAD')],
    ['a job that does not exist', 'cancel', { jobId: 'none' }, fault('NOT_FOUND')],
    ["somebody else's job", 'cancel', { jobId: 'bobs' }, fault('NOT_FOUND')],
    ['a job that has ended, which changes nothing', 'cancel', { jobId: 'completed' }, { ok: true }],
    ['nonsense', 'cancel', { jobId: ['completed'] }, fault('INVALID_PAYLOAD')],
    ['a fresh token', 'authenticate', { token: 'alice' }, { ok: true }],
    ["another user's token", 'authenticate', { token: 'bob' }, fault('FORBIDDEN')],
    ['a refused token', 'authenticate', { token: 'banned' }, fault('UNAUTHENTICATED')],
    ['a token while the token store is away', 'authenticate', { token: 'outage' }, fault('INTERNAL')],
    ['no token', 'authenticate', {}, fault('INVALID_PAYLOAD')],
  ];

  it.each(rows.map(([title, event, ...rest]) => [event, title, ...rest] as const))('%s: %s', async (event, _, payload, answer) => {
    const socket = await server.connect('alice');
    expect(await ask(socket, event, payload)).toEqual(answer);
    socket.disconnect();
  });

  it('sync: the same states', async () => {
    const socket = await server.connect('alice');
    expect(await ask(socket, 'sync', { jobs: [await current('queued'), await current('active')] })).toEqual({ ok: true, snapshots: [], unknown: [] });
    socket.disconnect();
  });

  it('subscribe: a user answers with the unfinished and the recently finished jobs, newest first, and a cursor', async () => {
    const socket = await server.connect('alice');
    const answer = await ask(socket, 'subscribe', { userId: 'alice' });
    expect(answer).toEqual({ ok: true, snapshots: expect.any(Array), cursor: expect.any(String) });
    expect(answer.snapshots.map((job: any) => job.jobId).sort()).toEqual([...ALICES].sort());
    const created = answer.snapshots.map((job: any) => job.createdAt);
    expect(created).toEqual([...created].sort().reverse());
    expect(JSON.stringify(answer)).not.toContain('userId');
    socket.disconnect();
  });

  it('sync: says nothing of what the client knows already', async () => {
    const socket = await server.connect('alice');
    const jobs = await Promise.all(ALICES.map(current));
    expect(await ask(socket, 'sync', { jobs })).toEqual({ ok: true, snapshots: [], unknown: [] });
    socket.disconnect();
  });

  it('sync: brings jobs of the own user subscription that changed since the cursor', async () => {
    const socket = await server.connect('carol');
    const { cursor } = await ask(socket, 'subscribe', { userId: 'carol' });
    await server.store.insert({ jobId: 'unannounced', userId: 'carol', createdAt: new Date().toISOString() });
    const answer = await ask(socket, 'sync', { jobs: [], cursor });
    expect(answer).toEqual({ ok: true, snapshots: [state('unannounced')], unknown: [], cursor: expect.any(String) });
    socket.disconnect();
  });
});

describe('server events', () => {
  it.each([
    ['job:progress', 'queued', (of: object) => server.emitter.emitQueued({ ...ids(of) })],
    ['job:progress', 'active', (of: object) => server.emitter.emitProgress({ ...ids(of), stage: 'SAVING', progress: 90 })],
    ['job:completed', 'completed', (of: object) => server.emitter.emitCompleted({ ...ids(of), result: 1 })],
    ['job:error', 'failed', (of: object) => server.emitter.emitFailed({ ...ids(of), error: { code: 'X', message: 'x', retryable: false } })],
    ['job:error', 'retrying', (of: object) => server.emitter.emitFailed({ ...ids(of), error: { code: 'X', message: 'x', retryable: true }, willRetry: true })],
    ['job:error', 'cancelled', (of: object) => server.emitter.emitCancelled(ids(of))],
  ])('%s carries a snapshot that is %s', async (event, status, emit) => {
    const socket = await server.connect('dora');
    const received = record(socket);
    await ask(socket, 'subscribe', { userId: 'dora' });
    const job = { jobId: `live-${event}-${status}`.replaceAll(':', '-'), userId: 'dora' };
    await emit(job);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(received).toEqual([{ event, job: state(job.jobId, { status }) }]);
    socket.disconnect();
  });

  it('reach a socket once, though it is in both rooms, and another user not at all', async () => {
    const both = await server.connect('erin');
    const stranger = await server.connect('bob');
    const [received, overheard] = [record(both), record(stranger)];
    await server.emitter.emitQueued({ jobId: 'once', userId: 'erin' });
    await ask(both, 'subscribe', { subscriptions: [{ userId: 'erin' }, { jobId: 'once' }] });
    expect(await ask(stranger, 'subscribe', { jobId: 'once' })).toEqual(fault('NOT_FOUND'));
    await ask(stranger, 'subscribe', { userId: 'bob' });
    received.length = 0;
    await server.emitter.emitCompleted({ jobId: 'once', userId: 'erin', result: 1 });
    // Whatever had been sent before these answers has arrived with them.
    await ask(both, 'sync', { jobs: [] });
    await ask(stranger, 'sync', { jobs: [] });
    expect(received.map(({ event }) => event)).toEqual(['job:completed']);
    expect(overheard).toEqual([]);
    both.disconnect();
    stranger.disconnect();
  });

  it('no longer reach who has unsubscribed', async () => {
    const socket = await server.connect('fay');
    await server.emitter.emitQueued({ jobId: 'left', userId: 'fay' });
    await ask(socket, 'subscribe', { jobId: 'left' });
    const received = record(socket);
    await ask(socket, 'unsubscribe', { jobId: 'left' });
    await server.emitter.emitCompleted({ jobId: 'left', userId: 'fay', result: 1 });
    await ask(socket, 'sync', { jobs: [] });
    expect(received).toEqual([]);
    socket.disconnect();
  });

  it('are followed by who comes late through the snapshot', async () => {
    await server.emitter.emitProgress({ jobId: 'late', userId: 'gil', stage: 'GENERATING_NOTES', progress: 70 });
    await server.emitter.flush();
    const socket = await server.connect('gil');
    expect((await ask(socket, 'subscribe', { userId: 'gil' })).snapshots).toEqual([state('late', { stage: 'GENERATING_NOTES', progress: 70 })]);
    socket.disconnect();
  });
});

const ids = (of: object) => of as { jobId: string; userId: string };

describe('HTTP', () => {
  const problemOf = (status: number, code: string) => ({ type: 'about:blank', title: expect.any(String), status, detail: expect.any(String), code });

  const rows: [request: string, init: RequestInit & { token?: string }, status: number, body: unknown][] = [
    ['GET /api/jobs/active', {}, 200, state('active', { progress: 20 })],
    ['HEAD /api/jobs/active', {}, 200, undefined],
    ['GET /api/jobs/none', {}, 404, problemOf(404, 'NOT_FOUND')],
    ['GET /api/jobs/bobs', {}, 404, problemOf(404, 'NOT_FOUND')],
    ['GET /api/jobs/%2e%2e%2fx', {}, 400, problemOf(400, 'INVALID_PAYLOAD')],
    ['GET /api/jobs/%E0%A4%A', {}, 400, problemOf(400, 'INVALID_PAYLOAD')],
    ['GET /api/jobs/active/nothing', {}, 404, problemOf(404, 'NOT_FOUND')],
    ['GET /api/jobs/active/', {}, 200, state('active')],
    ['GET /api/jobs?ids=active,none,bobs,active', {}, 200, { jobs: [state('active')], unknown: ['none', 'bobs'] }],
    ['GET /api/jobs?ids=active,none&cursor=', { token: 'bob' }, 200, { jobs: [state('bobs')], unknown: ['active', 'none'], cursor: expect.any(String), more: false }],
    ['GET /api/jobs?ids=', {}, 200, { jobs: [], unknown: [] }],
    ['GET /api/jobs?ids=a%20b', {}, 400, problemOf(400, 'INVALID_PAYLOAD')],
    [`GET /api/jobs?ids=${Array.from({ length: 201 }, (_, i) => `j${i}`).join(',')}`, {}, 400, problemOf(400, 'INVALID_PAYLOAD')],
    ['GET /api/jobs?cursor=', { token: 'nobody-yet' }, 200, { jobs: [], cursor: expect.any(String), more: false }],
    ['GET /api/jobs?cursor=&user=bob', { token: 'bob' }, 200, { jobs: [state('bobs')], cursor: expect.any(String), more: false }],
    ['GET /api/jobs?cursor=&user=alice', { token: 'bob' }, 403, problemOf(403, 'FORBIDDEN')],
    ['GET /api/jobs?cursor=&user=no-such', { token: 'bob' }, 403, problemOf(403, 'FORBIDDEN')],
    ['GET /api/jobs?ids=bobs&user=alice', { token: 'bob' }, 403, problemOf(403, 'FORBIDDEN')],
    ['GET /api/jobs?user=', { token: 'bob' }, 400, problemOf(400, 'INVALID_PAYLOAD')],
    ['GET /api/jobs', { token: 'bob' }, 200, { jobs: [state('bobs')], cursor: expect.any(String), more: false }],
    ['GET /api/jobs/active', { token: '' }, 401, problemOf(401, 'UNAUTHENTICATED')],
    ['GET /api/jobs/active', { token: 'banned' }, 401, problemOf(401, 'UNAUTHENTICATED')],
    ['GET /api/jobs/active', { token: 'outage' }, 503, problemOf(503, 'INTERNAL')],
    ['DELETE /api/jobs/active', {}, 405, problemOf(405, 'INVALID_PAYLOAD')],
    ['POST /api/jobs', {}, 405, problemOf(405, 'INVALID_PAYLOAD')],
    ['GET /api/jobs/active/cancel', {}, 405, problemOf(405, 'INVALID_PAYLOAD')],
    ['POST /api/jobs/completed/cancel', {}, 202, state('completed', { status: 'completed' })],
    ['POST /api/jobs/none/cancel', {}, 404, problemOf(404, 'NOT_FOUND')],
    ['POST /api/jobs/bobs/cancel', {}, 404, problemOf(404, 'NOT_FOUND')],
    ['GET /elsewhere', {}, 404, problemOf(404, 'NOT_FOUND')],
  ];

  it.each(rows)('%s %j answers %i', async (request, { token = 'alice', ...init }, status, body) => {
    const [method = '', path = ''] = request.split(' ');
    const response = await server.request(path, token === '' ? undefined : token, { ...init, method });
    const text = await response.text();
    expect([response.status, text === '' ? undefined : JSON.parse(text)]).toEqual([status, body]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-type')).toBe(status >= 400 ? 'application/problem+json' : 'application/json');
  });

  it('tells how to go on: ETag, Retry-After, Location, Allow, WWW-Authenticate', async () => {
    const headers = async (method: string, path: string, token?: string) => (await server.request(path, token, { method })).headers;
    const { version } = await current('active');
    const unfinished = await headers('GET', '/api/jobs/active', 'alice');
    expect(unfinished.get('etag')).toBe(`"${version.join('.')}"`);
    expect(Number(unfinished.get('retry-after'))).toBeGreaterThan(0);
    expect((await headers('GET', '/api/jobs/completed', 'alice')).has('retry-after')).toBe(false);
    expect((await headers('POST', '/api/jobs/completed/cancel', 'alice')).get('location')).toBe('/api/jobs/completed');
    expect((await headers('PUT', '/api/jobs/active', 'alice')).get('allow')).toBe('GET, HEAD');
    expect((await headers('GET', '/api/jobs/active/cancel', 'alice')).get('allow')).toBe('POST');
    expect((await headers('GET', '/api/jobs/active')).get('www-authenticate')).toBe('Bearer');
    expect(Number((await headers('GET', '/api/jobs/active', 'outage')).get('retry-after'))).toBeGreaterThan(0);
  });

  it.each([
    ['the same', (tag: string) => tag, 304],
    ['the same, weakly', (tag: string) => `W/${tag}`, 304],
    ['one of several', (tag: string) => `"1.0.0.1", ${tag}`, 304],
    ['anything', () => '*', 304],
    ['another', () => '"1.0.0.1"', 200],
  ])('If-None-Match: %s version', async (_, tagOf, status) => {
    const { version } = await current('active');
    const init = { headers: { 'If-None-Match': tagOf(`"${version.join('.')}"`) } };
    const response = await server.request('/api/jobs/active', 'alice', init);
    expect([response.status, (await response.text()) === '']).toEqual([status, status === 304]);
    expect(response.headers.get('etag')).toBe(`"${version.join('.')}"`);
  });
});

describe('cancelling', () => {
  it('ends a job that nobody holds, and tells everybody who watches', async () => {
    const socket = await server.connect('hal');
    const received = record(socket);
    await server.emitter.emitQueued({ jobId: 'unwanted', userId: 'hal' });
    await ask(socket, 'subscribe', { userId: 'hal' });
    expect(await ask(socket, 'cancel', { jobId: 'unwanted' })).toEqual({ ok: true });
    await vi.waitFor(() => expect(received.at(-1)).toEqual({ event: 'job:error', job: state('unwanted', { status: 'cancelled' }) }));
    socket.disconnect();
  });

  it('works over HTTP, and a second time changes nothing', async () => {
    await server.emitter.emitQueued({ jobId: 'unwanted-too', userId: 'hal' });
    const post = () => server.request('/api/jobs/unwanted-too/cancel', 'hal', { method: 'POST' });
    const first = await post();
    expect([first.status, await first.json()]).toEqual([202, state('unwanted-too', { status: 'cancelled' })]);
    const { version } = (await (await post()).json()) as { version: number[] };
    expect(version).toEqual(((await (await server.request('/api/jobs/unwanted-too', 'hal')).json()) as { version: number[] }).version);
  });
});
