import { expect, test, vi } from 'vitest';
import { fetchJobs } from '../fetch-jobs.js';
import { createFakeJobServer } from '../testing/index.js';
import { createStatusClient } from './status-client.js';

const version = [1, 0, 1, 5] as const;

/** A status client whose requests are answered by these, in order. */
function answered(...responses: Response[]) {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => responses.shift() ?? Response.json({}));
  return { fetch, status: createStatusClient({ statusUrl: '/api/jobs', token: async () => 'secret', fetch }) };
}

/** A status endpoint that knows every job, or leaves some out of its answers. */
function answering(jobIn: (ids: readonly string[]) => readonly string[] = (ids) => ids) {
  const fetch = vi.fn<typeof globalThis.fetch>(async (url) => {
    const ids = String(url).replace('/api/jobs?ids=', '').split(',');
    return Response.json({ jobs: jobIn(ids).map((jobId) => ({ jobId })), unknown: [] });
  });
  const status = createStatusClient({ statusUrl: '/api/jobs', token: async () => undefined, fetch });
  const ask = async (ids: readonly string[]) => {
    const answer = await status.sync({ jobs: ids.map((jobId) => ({ jobId })) });
    return answer.ok ? answer.snapshots.map(({ jobId }) => jobId) : [];
  };
  return { ask, queries: () => fetch.mock.calls.map(([url]) => String(url).replace('/api/jobs?ids=', '')) };
}

test('ids are split before a request line of 4,000 characters and 200 ids', async () => {
  const long = Array.from({ length: 100 }, (_, i) => `${i}`.padStart(128, 'x'));
  const lines = answering();
  expect(new Set(await lines.ask(long))).toEqual(new Set(long));
  expect(Math.max(...lines.queries().map((query) => query.length))).toBeLessThanOrEqual(4_000);
  const many = answering();
  expect(await many.ask(Array.from({ length: 450 }, (_, i) => `${i}`))).toHaveLength(450);
  expect(many.queries().map((query) => query.split(',').length)).toEqual([200, 200, 50]);
});

test('what an answer had no room for is asked for again, and what never comes is given up', async () => {
  const small = answering((ids) => ids.slice(0, 2));
  expect(await small.ask(['a', 'b', 'c', 'd', 'e'])).toEqual(['a', 'b', 'c', 'd', 'e']);
  const silent = answering((ids) => ids.filter((id) => id !== 'b'));
  expect(await silent.ask(['a', 'b', 'c'])).toEqual(['a', 'c']);
  expect(silent.queries()).toEqual(['a,b,c', 'b']);
});

test('a request carries the token, and is never answered from a cache', async () => {
  const { fetch, status } = answered(Response.json({ jobs: [], unknown: ['a'] }));
  expect(await status.sync({ jobs: [{ jobId: 'a' }] })).toMatchObject({ ok: true, snapshots: [], unknown: ['a'], retryAfterMs: 0 });
  expect(fetch.mock.calls[0]).toEqual(['/api/jobs?ids=a', expect.objectContaining({ cache: 'no-store', headers: { authorization: 'Bearer secret' } })]);
});

const problem = (status: number, code: string, detail = '') =>
  new Response(JSON.stringify({ code, detail }), { status, headers: { 'content-type': 'application/problem+json' } });

test('a job is unknown only where the server itself says so, and its refusals are passed on', async () => {
  const { status } = answered(Response.json({ jobs: [], unknown: ['a'] }), problem(404, 'NOT_FOUND'), problem(401, 'UNAUTHENTICATED', 'Sign in.'));
  expect(await status.sync({ jobs: [{ jobId: 'a' }] })).toMatchObject({ ok: true, unknown: ['a'] });
  expect(await status.cancel('a')).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
  expect(await status.sync({ jobs: [{ jobId: 'a' }] })).toMatchObject({ ok: false, error: { code: 'UNAUTHENTICATED', message: 'Sign in.' } });
});

const page = (status: number) => new Response('<html>Sign in</html>', { status, headers: { 'content-type': 'text/html' } });
const other = { jobId: 'b', status: 'active', stage: 'SAVING', progress: 1, version, createdAt: '', timestamp: '' };

test.each<[string, Response]>([
  ['a page for people, 404', page(404)],
  ['a page for people, 200, as of a sign-in', page(200)],
  ['a page for people, 502', page(502)],
  ['another JSON, 404', Response.json({ message: 'no Route matched' }, { status: 404 })],
  ['another application’s problem document', new Response('{"code":"no_route"}', { status: 404, headers: { 'content-type': 'application/problem+json' } })],
  ['a code of ours outside a problem document', Response.json({ code: 'NOT_FOUND' }, { status: 404 })],
  ['another JSON, 200', Response.json({ ok: true })],
  ['JSON null', Response.json(null)],
  ['one job', Response.json(other)],
  ['nothing', new Response(null, { status: 200 })],
])('%s is no answer: neither an unknown job nor a state', async (_title, response) => {
  const { status } = answered(response);
  const answer = await status.sync({ jobs: [{ jobId: 'a' }] });
  expect(answer).toMatchObject({ ok: false, isForeign: true, error: { code: 'INTERNAL' } });
  expect(!answer.ok && answer.error.message).toContain('/api/jobs?ids=a');
});

test('a list that is none is no answer either', async () => {
  const { status } = answered(Response.json({ jobs: {} }), Response.json([]), Response.json({ jobs: [] }));
  expect(await status.sync({ list: true })).toMatchObject({ isForeign: true });
  expect(await status.sync({ jobs: [{ jobId: 'a' }, { jobId: 'b' }] })).toMatchObject({ isForeign: true });
  expect(await status.sync({ list: true })).toMatchObject({ isForeign: true });
});

test('a status URL may have a query of its own', async () => {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json({ jobs: [], unknown: ['a'] }));
  const status = createStatusClient({ statusUrl: '/api/jobs?tenant=acme', token: async () => undefined, fetch });
  await status.sync({ jobs: [{ jobId: 'a' }] });
  await status.sync({ list: true, cursor: 'c/1' });
  await status.cancel('a');
  expect(fetch.mock.calls.map(([url]) => url)).toEqual(['/api/jobs?tenant=acme&ids=a', '/api/jobs?tenant=acme&cursor=c%2F1', '/api/jobs/a/cancel?tenant=acme']);
});

test('Retry-After is in seconds or a date', async () => {
  const after = (value: string) => new Response('{}', { status: 503, headers: { 'retry-after': value } });
  const { status } = answered(after('30'), after(new Date(Date.now() + 60_000).toUTCString()), after('soon'));
  const ask = async () => (await status.sync({ jobs: [{ jobId: 'a' }] })).retryAfterMs;
  expect(await ask()).toBe(30_000);
  expect(await ask()).toSatisfy((ms: number) => ms > 50_000 && ms <= 60_000);
  expect(await ask()).toBe(0);
});

test('fetchJobs goes through all parts of a long list, with headers and token', async () => {
  const server = createFakeJobServer();
  for (let i = 0; i < 450; i++) server.queue({ jobId: `job-${i}` });
  const fetch = vi.fn<typeof globalThis.fetch>(async (url) => {
    const { body } = server.status({ method: 'GET', path: String(url).replace('/api/jobs', '') });
    return Response.json(body);
  });
  const jobs = await fetchJobs({ statusUrl: '/api/jobs', token: 'secret', headers: { cookie: 'session=1' }, fetch });
  expect(new Set(jobs.map(({ jobId }) => jobId)).size).toBe(450);
  expect(fetch.mock.calls[0]?.[1]?.headers).toEqual({ cookie: 'session=1', authorization: 'Bearer secret' });
});

test('fetchJobs throws what the server answered', async () => {
  const fetch = async () => problem(401, 'UNAUTHENTICATED', 'Sign in.');
  await expect(fetchJobs({ statusUrl: '/api/jobs', fetch })).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'Sign in.' });
});
