import { describeWith, startPostgres, startRedis } from '@notes/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectPostgres } from '../src/postgres/index.js';
import { connectRedis } from '../src/redis/index.js';
import type { JobStore } from '../src/store/job-store.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { TieredJobStore } from '../src/store/tiered-job-store.js';
import { ask, startJobServer, type JobServer } from './job-server.js';

const VERSION = [1, 0, 0, 1];
const NO_IDS = ['a\u0000b', '\uD800', 'ü', '', ' ', 'x'.repeat(129), '../x', "';--", '\u202Ejob', null, 5, {}, ['job']];
const NO_USER_IDS = ['a\u0000b', '\uD800', '\uDC00x', '', 'x'.repeat(129), 'a\nb', '\u2028', null, 5, {}];
const NO_VERSIONS = [[1e308, 0, 0, 1], [-1, 0, 0, 1], [2 ** 53, 0, 0, 1], [1, 3, 0, 1], [1, 0, 0, 0], [1, 0, 0.5, 1], ['1', '0', '0', '1'], [1, 0, 0], 'x', null];
const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify([1, ...parts])).toString('base64url');
const NO_CURSORS = [
  cursor(5, 'a\u0000b', 0, 0), cursor(5, '\uD800', 0, 0), cursor(5, 0, '2026-11-23 (\u0000)', 'job'), cursor(5, 0, '2026-11-23T12:00:00.000Z', 'a\u0000b'),
  cursor(1e308, 0, 0, 0), cursor(2 ** 53, 'job', 0, 0), cursor(-1, 0, 0, 0), '\u0000', 'nonsense',
];
const invalid = { ok: false, error: { code: 'INVALID_PAYLOAD', message: expect.any(String) } };

/** What no client of ours sends, and anybody can. Whatever store is behind it, it is the client's fault and nobody is woken. */
function describeStore(title: string, open: () => Promise<{ store: JobStore; close(): Promise<void> }>): void {
  describe(title, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let server: JobServer;
    beforeAll(async () => {
      opened = await open();
      server = await startJobServer({
        store: opened.store,
        limits: { eventBurst: Infinity },
        authenticate: ({ token }) => (token === undefined ? null : { userId: token.startsWith('"') ? (JSON.parse(token) as string) : token }),
      });
      await server.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      await opened.close();
    });

    it('ids and versions over the socket are INVALID_PAYLOAD', async () => {
      const socket = await server.connect('alice');
      for (const jobId of NO_IDS)
        for (const [event, payload] of [
          ['subscribe', { jobId }], ['subscribe', { subscriptions: [{ jobId: 'job' }, { jobId }] }], ['unsubscribe', { jobId }],
          ['cancel', { jobId }], ['sync', { jobs: [{ jobId, version: VERSION }] }],
        ] as const)
          expect(await ask(socket, event, payload), `${event} ${JSON.stringify(payload)}`).toEqual(invalid);
      for (const userId of NO_USER_IDS) expect(await ask(socket, 'subscribe', { userId }), JSON.stringify(userId)).toEqual(invalid);
      for (const version of NO_VERSIONS) expect(await ask(socket, 'sync', { jobs: [{ jobId: 'job', version }] }), JSON.stringify(version)).toEqual(invalid);
      for (const notText of [null, 5, {}, []]) expect(await ask(socket, 'sync', { jobs: [], cursor: notText })).toEqual(invalid);
      expect(server.errors).toEqual([]);
    });

    it('names that are special elsewhere are ids like others', async () => {
      const socket = await server.connect('alice');
      for (const jobId of ['__proto__', 'constructor', 'toString', '0', 'user:alice'])
        expect(await ask(socket, 'subscribe', { jobId })).toMatchObject({ error: { code: 'NOT_FOUND' } });
      expect((await server.request('/api/jobs?ids=__proto__,constructor', 'alice').then((response) => response.json()))).toEqual({ jobs: [], unknown: ['__proto__', 'constructor'] });
      expect(server.errors).toEqual([]);
    });

    it('cursors that no server wrote begin the list anew', async () => {
      const socket = await server.connect('alice');
      await ask(socket, 'subscribe', { userId: 'alice' });
      for (const made of NO_CURSORS) {
        expect(await ask(socket, 'sync', { jobs: [], cursor: made }), made).toMatchObject({ ok: true, snapshots: [{ jobId: 'job' }] });
        const overHttp = await server.request(`/api/jobs?cursor=${encodeURIComponent(made)}`, 'alice');
        expect([overHttp.status, await overHttp.json()], made).toMatchObject([200, { jobs: [{ jobId: 'job' }] }]);
      }
      expect(server.errors).toEqual([]);
    });

    it('ids over HTTP are 400, and strange If-None-Match headers match nothing', async () => {
      for (const id of ['a%00b', '%ED%A0%80', '%', '%C3%BC', 'x'.repeat(129), '..%2Fx', '%20'])
        for (const [method, path] of [['GET', `/api/jobs/${id}`], ['POST', `/api/jobs/${id}/cancel`], ['GET', `/api/jobs?ids=job,${id}`]] as const)
          expect((await server.request(path, 'alice', { method })).status, `${method} ${path}`).toBe(400);
      for (const tag of ['"1e308.0.0.1"', '"-1.0.0.1"', '"9007199254740992.0.0.1"', 'x'.repeat(5_000), ',,,', '"', 'W/'])
        expect((await server.request('/api/jobs/job', 'alice', { headers: { 'If-None-Match': tag } })).status, tag.slice(0, 30)).toBe(200);
      expect(server.errors).toEqual([]);
    });

    it('what the application passes on from a client finds nothing', async () => {
      for (const id of ['a\u0000b', '\uD800', '', 'x'.repeat(129)]) {
        expect(await server.jobEvents.getJob(id)).toBeUndefined();
        expect(await server.jobEvents.cancel(id)).toBeUndefined();
        expect(await server.jobEvents.listJobs(id)).toEqual([]);
        // A revoke that finds nobody would be a silent failure.
        expect(() => server.jobEvents.revoke({ userId: id })).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
        expect(() => server.jobEvents.revoke({ userId: 'bob', jobId: id })).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
      }
      expect(server.errors).toEqual([]);
    });

    it('user ids from authenticate that no store takes never reach one', async () => {
      for (const userId of ['a\u0000b', '\uD800', 'a\nb', '']) {
        await expect(server.connect(JSON.stringify(userId))).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
        expect((await server.request('/api/jobs', JSON.stringify(userId))).status).toBe(503);
      }
      expect(new Set(server.errors.splice(0).map(({ code, message }) => `${code} ${message.replace(/ \(\d+ times since the last report\)/, '')}`))).toEqual(
        new Set(['HANDLER_FAILED authenticate returned an identity without a userId of 1 to 128 printable characters.']),
      );
    });
  });
}

describeStore('values from clients, over a store in memory', async () => {
  const store = new MemoryJobStore();
  return { store, close: () => store.close() };
});

describe('with PostgreSQL', () => {
  describeStore('values from clients', async () => {
    const server = await startPostgres();
    const { store, close } = await connectPostgres({ url: (await server.createDatabase()).url });
    return { store, close: () => close().then(() => server[Symbol.asyncDispose]()) };
  });
});

describeWith(['redis-server'], 'with Redis', () => {
  describeStore('values from clients', async () => {
    const server = await startRedis({ own: true });
    const { store, close } = await connectRedis({ url: server.url });
    return { store, close: () => close().then(() => server[Symbol.asyncDispose]()) };
  });

  describeStore('values from clients, over PostgreSQL behind Redis', async () => {
    const [redis, postgres] = [await startRedis({ own: true }), await startPostgres()];
    const [cache, durable] = [await connectRedis({ url: redis.url }), await connectPostgres({ url: (await postgres.createDatabase()).url })];
    const store = new TieredJobStore({ cache: cache.store, durable: durable.store });
    return {
      store,
      async close() {
        await store.close();
        for (const connection of [cache, durable]) await connection.close();
        for (const server of [redis, postgres]) await server[Symbol.asyncDispose]();
      },
    };
  });
});
