import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import pg from 'pg';
import { Server } from 'socket.io';
import type { Socket } from 'socket.io-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startJobServer } from '../../tests/job-server.js';
import { describeCluster } from '../../tests/support/cluster-cases.js';
import { connectPostgres, type PostgresConnection } from './connect-postgres.js';
import { PostgresJobStore } from './postgres-job-store.js';

let server: PostgresServer;
let database: TestDatabase;

beforeAll(async () => { server = await startPostgres(); });
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => { database = await server.createDatabase(); });

describeCluster('a cluster over PostgreSQL', {
  connect: (onError) => connectPostgres({ url: database.url, onError }),
  endConnections: () => database.terminateConnections(),
});

/** What ada hears from a node. */
async function hearing(node: { connect(userId: string): Promise<Socket> }): Promise<object[]> {
  const ada = await node.connect('ada');
  const heard: object[] = [];
  ada.onAny((_name: string, payload: object) => heard.push(payload));
  await ada.emitWithAck('subscribe', { userId: 'ada' });
  return heard;
}

async function emitUntilHeard({ broadcaster }: PostgresConnection, heard: readonly object[]): Promise<void> {
  const before = heard.length;
  await vi.waitFor(() => {
    broadcaster.to(['user:ada']).emit('job:progress', { price: 1 });
    expect(heard.length).toBeGreaterThan(before);
  }, { timeout: 10_000 });
}

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

  it('says which right is missing, and what to do, where it may not create tables', async () => {
    const role = `guest_${database.name}`;
    await database.query(`create role ${role} login password 'secret'`);
    await database.query('revoke create on schema public from public');
    await expect(connectPostgres({ url: database.url.replace(/\/\/[^@]+@/, `//${role}:secret@`), onError: () => {} })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(new RegExp(`The role '${role}' may not create .* the tables job_events_\\* in the database '${database.name}'.*permission denied.*Start one process once with a role that may`)),
    });
  });

  it('waits for another process that creates the tables, longer than for other statements', async () => {
    const holder = new pg.Client(database.url);
    await holder.connect();
    await holder.query(`begin; select pg_advisory_xact_lock(hashtextextended('job_events_migrations', 0))`);
    const connecting = connectPostgres({ url: database.url, poolOptions: { statement_timeout: 200, lock_timeout: 200 } });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await holder.query('commit');
    await holder.end();
    await (await connecting).close();
  });

  it('rejects where there is no PostgreSQL, with its address, what to do, and no password', async () => {
    const away = connectPostgres({ url: 'postgres://clerk:topsecret@127.0.0.1:1/none', onError: () => {} });
    await expect(away).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(/clerk@127\.0\.0\.1:1\/none.*ECONNREFUSED/) });
    for (const url of ['postgres://clerk:topsecret/@host:x/none', 'postgres://clerk:topsecret@a:1,b:2/none', 'postgres://clerk:topsecret@a,b/none']) {
      const error = await connectPostgres({ url, onError: () => {} }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'INVALID_OPTIONS' });
      expect(inspect(error)).not.toContain('topsecret');
    }
    expect(inspect(await away.catch((reason: unknown) => reason), { depth: 9 })).not.toContain('topsecret');
    await expect(connectPostgres({ url: process.env['NOT_SET']! })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining('Say where PostgreSQL is') });
    await expect(connectPostgres({ url: database.url, tablePrefix: 'a; drop table' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await expect(connectPostgres({ url: database.url, channel: 'Jobs"' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('gives applications with different prefixes, or schemas, different channels', async () => {
    await database.query('create schema payroll');
    const payrollUrl = `${database.url}?options=-csearch_path%3Dpayroll`;
    const [shop, otherPrefix, otherSchema] = [
      await connectPostgres({ url: database.url, tablePrefix: 'shop_' }),
      await connectPostgres({ url: database.url, tablePrefix: 'payroll_' }),
      await connectPostgres({ url: payrollUrl, tablePrefix: 'shop_' }),
    ];
    const worker = await connectPostgres({ url: database.url, tablePrefix: 'shop_' });
    await using node = await startJobServer({}, { adapter: shop.adapter });
    const heard = await hearing(node);
    await emitUntilHeard(worker, heard);
    for (const { broadcaster } of [otherPrefix, otherSchema]) broadcaster.to(['user:ada']).emit('job:progress', { salary: 1 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await emitUntilHeard(worker, heard);
    expect(heard.filter((payload) => !('price' in payload))).toEqual([]);
    for (const wiring of [shop, worker, otherPrefix, otherSchema]) await wiring.close();
  });

  it('refuses one channel for two prefixes in one process', async () => {
    const shop = await connectPostgres({ url: database.url, tablePrefix: 'shop_', channel: 'events' });
    await expect(connectPostgres({ url: database.url, tablePrefix: 'payroll_', channel: 'events' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining("channel 'events' is in use") });
    await (await connectPostgres({ url: database.url, tablePrefix: 'shop_', channel: 'events' })).close();
    await shop.close();
    await (await connectPostgres({ url: database.url, tablePrefix: 'payroll_', channel: 'events' })).close();
  });

  it('refuses one channel for two prefixes in two processes, while one of them listens, and drops what comes all the same', async () => {
    // Another name for the same server stands for another process: it is not known as the same one here.
    const elsewhere = database.url.replace('127.0.0.1', 'localhost');
    const worker = await connectPostgres({ url: elsewhere, tablePrefix: 'payroll_', channel: 'events' });
    const errors: { code: string }[] = [];
    const shop = await connectPostgres({ url: database.url, tablePrefix: 'shop_', channel: 'events', onError: (error) => errors.push(error) });
    await using node = await startJobServer({}, { adapter: shop.adapter });
    const heard = await hearing(node);
    await vi.waitFor(() => {
      worker.broadcaster.to(['user:ada']).emit('job:progress', { salary: 1 });
      expect(errors.map(({ code }) => code)).toEqual(['INVALID_OPTIONS']);
    }, { timeout: 10_000 });
    await emitUntilHeard(shop, heard);
    expect(heard.filter((payload) => !('price' in payload))).toEqual([]);
    await expect(connectPostgres({ url: elsewhere, tablePrefix: 'payroll_', channel: 'events' })).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining("channel 'events' is in use") });
    await worker.close();
    await shop.close();
    expect(errors).toHaveLength(1);
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

  it('finds its tables on the connection that listens, where a pool sets its search_path as it connects', async () => {
    await database.query('create schema "My-App"');
    const pools = Array.from({ length: 2 }, () => {
      const pool = new pg.Pool({ connectionString: database.url });
      return pool.on('connect', (client) => void client.query('set search_path to "My-App"'));
    });
    const errors: unknown[] = [];
    const [gateway, worker] = await Promise.all(pools.map((pool) => connectPostgres({ pool, onError: (error) => errors.push(error) })));
    const node = await startJobServer({ store: gateway!.store }, { adapter: gateway!.adapter });
    const heard = await hearing(node);
    await emitUntilHeard(worker!, heard);
    worker!.broadcaster.to(['user:ada']).emit('job:progress', { large: 'x'.repeat(20_000) });
    await vi.waitFor(() => expect(heard.at(-1)).toHaveProperty('large'));
    expect(errors).toEqual([]);
    await node[Symbol.asyncDispose]();
    await Promise.all([gateway!.close(), worker!.close()]);
    await Promise.all(pools.map((pool) => pool.end()));
  });

  it('refuses a database whose encoding cannot hold every text', async () => {
    const name = `latin1_${database.name}`;
    await database.query(`create database ${name} encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0`);
    const url = database.url.replace(database.name, name);
    const refused = { code: 'INVALID_OPTIONS', message: expect.stringContaining('LATIN1') };
    await expect(connectPostgres({ url })).rejects.toMatchObject(refused);
    const store = new PostgresJobStore({ url });
    await expect(store.get(['job'])).rejects.toMatchObject(refused);
    await store.close();
  });

  it('leaves an application’s pool open, and no connection of its own', async () => {
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
