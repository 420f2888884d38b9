import { createServer } from 'node:http';
import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import { Server } from 'socket.io';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startJobServer } from '../../tests/job-server.js';
import { describeCluster } from '../../tests/support/cluster-cases.js';
import { connectPostgres } from './connect-postgres.js';

let server: PostgresServer;
let database: TestDatabase;

beforeAll(async () => { server = await startPostgres(); });
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => { database = await server.createDatabase(); });

describeCluster('a cluster over PostgreSQL', {
  connect: (onError) => connectPostgres({ url: database.url, onError }),
  endConnections: () => database.terminateConnections(),
});

describe('connectPostgres', () => {
  it('lets processes start at once on an empty database', async () => {
    const connections = await Promise.all(Array.from({ length: 6 }, () => connectPostgres({ url: database.url })));
    expect(await Promise.all(connections.map(({ store }) => store.get(['job'])))).toEqual(connections.map(() => [undefined]));
    await Promise.all(connections.map((connection) => connection.close()));
  });

  it('needs no right to create tables where they are there', async () => {
    await (await connectPostgres({ url: database.url })).close();
    const role = `clerk_${database.name}`;
    await database.query(`create role ${role} login password 'secret'`);
    await database.query(`revoke create on schema public from public`);
    await database.query(`grant select, insert, update, delete on all tables in schema public to ${role}`);
    const clerk = await connectPostgres({ url: database.url.replace(/\/\/[^@]+@/, `//${role}:secret@`) });
    expect(await clerk.store.insert({ jobId: 'job', userId: 'ada', createdAt: new Date().toISOString() })).toMatchObject({ userId: 'ada' });
    await clerk.close();
  });

  it('rejects where there is no PostgreSQL, with what to do', async () => {
    await expect(connectPostgres({ url: 'postgres://127.0.0.1:1/none' })).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('ECONNREFUSED') });
    await expect(connectPostgres({ url: process.env['NOT_SET']! })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining('Say where PostgreSQL is') });
    await expect(connectPostgres({ url: database.url, tablePrefix: 'a; drop table' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await expect(connectPostgres({ url: database.url, channel: 'Jobs"' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('lets a revoke take effect, within 2 s of its listening again, on a node that did not listen as it came', async () => {
    const start = async (name: string) => {
      const { adapter, close } = await connectPostgres({ url: `${database.url}?application_name=${name}`, onError: () => {} });
      return { ...(await startJobServer({}, { adapter })), close };
    };
    const [here, there] = [await start('here'), await start('there')];
    await vi.waitFor(async () => expect(await here.io.of('/jobs').adapter.serverCount()).toBe(2), { timeout: 10_000 });
    const [alice, bob] = [await there.connect('alice'), await there.connect('bob')];
    await using elsewhere = await server.createDatabase();
    const allow = (isAllowed: boolean) => elsewhere.query(`alter database ${database.name} allow_connections ${isAllowed}`);
    await allow(false);
    await elsewhere.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'there'`);
    here.jobEvents.revoke({ userId: 'alice' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(alice.connected).toBe(true);
    await allow(true);
    // It tries to connect again after 5 s at the latest.
    await vi.waitFor(() => expect(alice.connected).toBe(false), { timeout: 5_000 + 2_000 });
    expect(bob.connected).toBe(true);
    for (const node of [here, there]) {
      await node[Symbol.asyncDispose]();
      await node.close();
    }
  });

  it('leaves an application’s pool open, and no connection of its own', async () => {
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({ connectionString: database.url });
    const connection = await connectPostgres({ pool });
    const io = new Server(createServer(), { adapter: connection.adapter });
    io.of('/jobs');
    await io.close();
    await connection.close();
    expect(pool.listenerCount('error')).toBe(0);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
    await vi.waitFor(async () => {
      const [row] = await database.query<{ count: string }>('select count(*) from pg_stat_activity where datname = $1', [database.name]);
      expect(row?.count).toBe('1');
    });
  });
});
