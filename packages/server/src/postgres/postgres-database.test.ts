import { createServer, type AddressInfo } from 'node:net';
import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseProxy } from '../../tests/support/database-proxy.js';
import { startJobServer } from '../../tests/job-server.js';
import type { JobEventsServerError } from '../server-errors.js';
import { connectPostgres } from './connect-postgres.js';
import { openPostgres } from './postgres-database.js';
import type { PostgresLocation } from './postgres-location.js';

let server: PostgresServer;
let database: TestDatabase;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => { server = await startPostgres(); });
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => { database = await server.createDatabase(); });
afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

function open(location: PostgresLocation) {
  const reports: JobEventsServerError[] = [];
  const opened = openPostgres(location, (error) => reports.push(error));
  cleanups.push(() => opened.close(1_000));
  return { opened, reports, told: () => reports.map(({ code, connection }) => `${code} ${connection}`) };
}

/** As a primary that is demoted while its connections stay open. */
async function setReadOnly(isReadOnly: boolean): Promise<void> {
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query('set default_transaction_read_only = off');
  await client.query(`alter system ${isReadOnly ? 'set default_transaction_read_only = on' : 'reset default_transaction_read_only'}`);
  await client.query('select pg_reload_conf()');
  await client.end();
}

const settings = `select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock`;
const onePair = ['CONNECTION_LOST postgres pool', 'CONNECTION_RESTORED postgres pool'];

describe('time limits', () => {
  it('of statements and locks hold in a pool of ours by its sessions, in one of the application’s without touching them', async () => {
    const { opened } = open({ url: database.url });
    expect(await opened.query(settings)).toEqual([{ statement: '9s', lock: '3s' }]);
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    cleanups.push(() => pool.end());
    const { opened: shared } = open({ pool });
    expect(await shared.query(settings)).toEqual([{ statement: '9s', lock: '3s' }]);
    expect((await pool.query(settings)).rows).toEqual([{ statement: '0', lock: '0' }]);
  });

  it('of the application come before ours, and so do its other options of the pool', async () => {
    const { opened } = open({ url: database.url, poolOptions: { statement_timeout: 250, max: 1, application_name: 'shop' } });
    await expect(opened.query('select pg_sleep(3)')).rejects.toMatchObject({ code: '57014' });
    expect(await opened.query(`select current_setting('application_name') as name`)).toEqual([{ name: 'shop' }]);
  });

  it('let nobody wait for an exhausted pool longer than 5 s, say what to do, and are no lost connection', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    cleanups.push(() => pool.end());
    const { opened, told } = open({ pool });
    const held = await pool.connect();
    await expect(opened.query('select 1')).rejects.toThrow(/None of the 1 connections of the pool was free within 5000 ms.*more connections/);
    held.release();
    expect(await opened.query('select 1 as one')).toEqual([{ one: 1 }]);
    await vi.waitFor(() => expect(pool.idleCount).toBe(1));
    expect(told()).toEqual([]);
  }, 15_000);
});

describe('a pool that the application has exhausted', () => {
  it('delays no event, however large', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    cleanups.push(() => pool.end());
    const gateway = await connectPostgres({ pool, onError: () => {} });
    const worker = await connectPostgres({ url: database.url, onError: () => {} });
    cleanups.push(() => worker.close(), () => gateway.close());
    const node = await startJobServer({}, { adapter: gateway.adapter });
    cleanups.push(() => node[Symbol.asyncDispose]());
    const ada = await node.connect('ada');
    const heard: object[] = [];
    ada.onAny((_name: string, payload: object) => heard.push(payload));
    await ada.emitWithAck('subscribe', { userId: 'ada' });
    await vi.waitFor(() => {
      worker.broadcaster.to(['user:ada']).emit('job:progress', { n: 0 });
      expect(heard).not.toEqual([]);
    }, { timeout: 10_000 });
    const held = [await pool.connect(), await pool.connect()];
    const events = [{ result: 'x'.repeat(12_000) }, { n: 1 }];
    for (const event of events) worker.broadcaster.to(['user:ada']).emit('job:completed', event);
    await vi.waitFor(() => expect(heard.slice(-2)).toEqual(events), { timeout: 3_000 });
    held.forEach((client) => client.release());
  });
});

describe('TLS', () => {
  it.each(['pool', 'listen'] as const)('options reach the connections of the %s', async (which) => {
    const { opened } = open({ url: database.url, poolOptions: { ssl: { rejectUnauthorized: false } } });
    // The server of these tests has no certificate: that it says so shows that TLS was asked for.
    const connecting = which === 'pool' ? opened.query('select 1') : opened.newClient().connect();
    await expect(connecting).rejects.toThrow('The server does not support SSL connections');
  });
});

describe('the pool', () => {
  it('reports the loss of all its connections once, and their return once, without being asked', async () => {
    const { opened, told } = open({ url: database.url });
    await Promise.all([1, 2, 3].map(() => opened.query('select pg_sleep(0.2)')));
    await database.terminateConnections();
    await vi.waitFor(() => expect(told()).toEqual(onePair), { timeout: 10_000 });
  });

  it('reports a server that is away once, whoever asks meanwhile, and its return', async () => {
    await using proxy = await DatabaseProxy.before(database.url);
    const { opened, reports, told } = open({ url: proxy.urlFor(database.url) });
    proxy.leadTo(undefined);
    for (let times = 0; times < 3; times++) await expect(opened.query('select 1')).rejects.toThrow(/@127\.0\.0\.1:\d+\/test_\w+ cannot be reached/);
    proxy.leadTo(database.url);
    await vi.waitFor(() => expect(told()).toEqual(onePair), { timeout: 10_000 });
    expect(reports.map(({ message }) => message).join()).not.toContain(decodeURIComponent(new URL(database.url).password));
  });

  it.each(['ours', 'the application’s'])('leaves every connection to a server that takes no more writes, in a pool of %s', async (whose) => {
    const options = { max: 3, idleTimeoutMillis: 0 };
    const pool = new pg.Pool({ connectionString: database.url, ...options });
    cleanups.push(() => pool.end());
    const { opened, told } = open(whose === 'ours' ? { url: database.url, poolOptions: options } : { pool });
    const pids = async (): Promise<number[]> => (await Promise.all([1, 2, 3].map(() => opened.query<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.3)')))).map(([row]) => row!.pid);
    await opened.query('create table t (n integer)');
    const before = await pids();
    await setReadOnly(true);
    await vi.waitFor(() => expect(opened.query('insert into t values (1)')).rejects.toMatchObject({ code: '25006' }), { timeout: 10_000 });
    expect(told()).toEqual(onePair.slice(0, 1));
    await opened.query('select 1');
    await new Promise((resolve) => setTimeout(resolve, 500));
    // A read says nothing about writes.
    expect(told()).toEqual(onePair.slice(0, 1));
    await setReadOnly(false);
    await vi.waitFor(() => opened.query('insert into t values (1)'), { timeout: 10_000 });
    await vi.waitFor(() => expect(told()).toEqual(onePair), { timeout: 10_000 });
    const after = await pids();
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });
});

describe('close', () => {
  it('takes no longer than it is given where the database is silent, reports what was not sent, and leaves no socket', async () => {
    await using proxy = await DatabaseProxy.before(database.url);
    const errors: string[] = [];
    const wiring = await connectPostgres({ url: proxy.urlFor(database.url), onError: (error) => errors.push(error.code) });
    const node = await startJobServer({ store: wiring.store }, { adapter: wiring.adapter });
    cleanups.push(() => node[Symbol.asyncDispose]());
    await Promise.all([1, 2, 3].map((n) => wiring.store.get([`job-${n}`])));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const open = proxy.silence({ all: true });
    expect(open()).toBeGreaterThan(1);
    for (let n = 0; n < 2_000; n++) wiring.broadcaster.to(['user:ada']).emit('job:progress', { n });
    void wiring.store.get(['job']).catch(() => {});
    const outcome = await Promise.race([
      wiring.close({ timeoutMs: 1_500 }).then(() => 'closed'),
      new Promise((resolve) => setTimeout(resolve, 8_000, 'still closing')),
    ]);
    expect(outcome).toBe('closed');
    expect(errors).toContain('BROADCAST_FAILED');
    await vi.waitFor(() => expect(open()).toBe(0));
  });
});

describe('a connection', () => {
  it('that is ended in the same packet in which it is lent rejects what is asked, and ends no process', async () => {
    const message = (type: string, body: Buffer): Buffer => {
      const head = Buffer.from(`${type}    `);
      head.writeInt32BE(body.length + 4, 1);
      return Buffer.concat([head, body]);
    };
    const ready = Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))]);
    const shutDown = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'));
    const dying = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(Buffer.concat([ready, shutDown]))));
    cleanups.push(() => dying.close());
    await new Promise<void>((resolve) => dying.listen(0, '127.0.0.1', resolve));
    const { opened, told } = open({ url: `postgres://ada@127.0.0.1:${(dying.address() as AddressInfo).port}/shop` });
    await expect(opened.query('select 1')).rejects.toThrow();
    expect(told()).toEqual(['CONNECTION_LOST postgres pool']);
  });
});
