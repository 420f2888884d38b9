import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JobEventEmitterService, type JobEventsServerError } from '../src/index.js';
import { connectPostgres } from '../src/postgres/index.js';
import { startJobServer } from './job-server.js';
import { DatabaseProxy } from './support/database-proxy.js';
import { watchJobs } from './support/watching-client.js';

/** From the moment the new server takes writes. */
const BACK_WITHIN_MS = 15_000;

let server: PostgresServer;
let database: TestDatabase;
let proxy: DatabaseProxy;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
  proxy = await DatabaseProxy.before(database.url);
  cleanups.push(() => server[Symbol.asyncDispose](), () => proxy[Symbol.asyncDispose]());
});
afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A gateway with a client and a worker that finishes ten jobs a second, all behind one address. */
async function startApplication() {
  const reports: JobEventsServerError[] = [];
  const connect = () => connectPostgres({ url: proxy.urlFor(database.url), onError: (error) => reports.push(error) });
  const [gateway, worker] = [await connect(), await connect()];
  const node = await startJobServer({ store: gateway.store }, { adapter: gateway.adapter });
  const emitter = new JobEventEmitterService({ broadcaster: worker.broadcaster, store: worker.store, onError: () => {} });
  const client = watchJobs(node.origin, 'ada');
  const runs: Promise<unknown>[] = [];
  let next = 0;
  const working = setInterval(() => {
    const jobId = `job-${next++}`;
    runs.push(emitter.run({ jobId, userId: 'ada' }, async (run) => { run.stage('WORK', 0.5); await pause(300); return { jobId }; }));
  }, 100);
  const stop = async (): Promise<number> => {
    clearInterval(working);
    await Promise.all(runs);
    return next;
  };
  cleanups.push(async () => {
    clearInterval(working);
    client[Symbol.dispose]();
    await emitter.close();
    await node[Symbol.asyncDispose]();
    await Promise.all([gateway.close(), worker.close()]);
  });
  const liveEnds = (): number => client.live.filter(({ status }) => status === 'completed').length;
  await vi.waitFor(() => expect(liveEnds()).toBeGreaterThan(5), { timeout: 20_000 });
  return { client, reports, liveEnds, stop };
}

type Application = Awaited<ReturnType<typeof startApplication>>;

/** Ends are delivered live again, all jobs end on the client and in the store, and each loss has been reported with its return. */
async function expectRecovery({ client, reports, liveEnds, stop }: Application): Promise<void> {
  const before = liveEnds();
  await vi.waitFor(() => expect(liveEnds()).toBeGreaterThan(before + 10), { timeout: BACK_WITHIN_MS });
  const jobs = await stop();
  await vi.waitFor(() => expect([...client.jobs.values()].filter(({ status }) => status === 'completed')).toHaveLength(jobs), { timeout: BACK_WITHIN_MS });
  const connections = reports.filter(({ code }) => code.startsWith('CONNECTION_'));
  for (const name of ['postgres listen', 'postgres pool']) {
    const told = connections.filter(({ connection }) => connection === name).map(({ code }) => code);
    // The gateway’s and the worker’s.
    const losses = told.filter((code) => code === 'CONNECTION_LOST').length;
    expect(losses).toBeGreaterThan(0);
    await vi.waitFor(() => expect(connections.filter(({ connection, code }) => connection === name && code === 'CONNECTION_RESTORED')).toHaveLength(losses));
  }
  expect(connections.length).toBeLessThanOrEqual(3 * 2 * 2);
}

describe('a failover of PostgreSQL', () => {
  it('to a replica, by way of its time as a replica that takes no writes, delays no end by more than 15 s', async () => {
    const replica = await server.startReplica();
    const application = await startApplication();
    await server.stop();
    proxy.leadTo(replica.urlFor(database.url));
    await pause(4_000);
    await replica.promote();
    await expectRecovery(application);
  });

  it('in which the demoted primary keeps its connections leaves them, also the one that listens', async () => {
    const replica = await server.startReplica();
    const application = await startApplication();
    const admin = new pg.Client(database.url);
    admin.on('error', () => {});
    await admin.connect();
    await admin.query('set default_transaction_read_only = off');
    await admin.query('alter system set default_transaction_read_only = on');
    await admin.query('select pg_reload_conf()');
    await admin.end();
    proxy.leadTo(replica.urlFor(database.url));
    await replica.promote();
    await expectRecovery(application);
  });

  it('in which the old server falls silent leaves its connections', async () => {
    const replica = await server.startReplica();
    const application = await startApplication();
    const open = proxy.silence();
    proxy.leadTo(replica.urlFor(database.url));
    await replica.promote();
    await expectRecovery(application);
    await vi.waitFor(() => expect(open()).toBe(0), { timeout: BACK_WITHIN_MS });
  });
});
