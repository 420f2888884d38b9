import { describeWith, startPgBouncer, startPostgres, type PgBouncer, type PoolMode, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { JobEventEmitterService } from '../src/index.js';
import { connectPostgres, PostgresJobStore, type ConnectPostgresOptions } from '../src/postgres/index.js';
import { startJobServer } from './job-server.js';

let server: PostgresServer;
let database: TestDatabase;
const poolers = new Map<PoolMode, PgBouncer>();

async function poolerFor(mode: PoolMode): Promise<string> {
  const pooler = poolers.get(mode) ?? (await startPgBouncer(database.url, mode));
  poolers.set(mode, pooler);
  return pooler.urlFor(database.url);
}

/** Ended after the test, also after one that fails: what is open when its server goes would end the process. */
function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString }).on('error', () => {});
  onTestFinished(() => pool.end());
  return pool;
}

async function clientOf(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString }).on('error', () => {});
  onTestFinished(() => client.end());
  await client.connect();
  return client;
}

describeWith(['pgbouncer'], 'connectPostgres through PgBouncer', () => {
  beforeAll(async () => { server = await startPostgres(); });
  afterAll(async () => {
    for (const pooler of poolers.values()) await pooler[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => { database = await server.createDatabase(); });

  /** A gateway and a worker: events, large ones too, a revoke, the store. */
  async function expectEverythingToWork(options: ConnectPostgresOptions): Promise<void> {
    const errors: unknown[] = [];
    const connect = () => connectPostgres({ ...options, onError: (error) => errors.push(error) });
    const [gateway, worker] = [await connect(), await connect()];
    const node = await startJobServer({}, { adapter: gateway.adapter });
    const alice = await node.connect('alice');
    const heard: [string, { result?: string }][] = [];
    alice.onAny((name: string, payload: { result?: string }) => heard.push([name, payload]));
    await alice.emitWithAck('subscribe', { userId: 'alice' });
    await vi.waitFor(async () => expect(await node.io.of('/jobs').adapter.serverCount()).toBe(1));
    const emitter = new JobEventEmitterService({ broadcaster: worker.broadcaster, store: worker.store });
    await vi.waitFor(async () => {
      await emitter.run({ jobId: `job-${heard.length}-${Date.now()}`, userId: 'alice' }, async () => ({ text: 'x'.repeat(9_000) }));
      expect(heard.some(([name, { result }]) => name === 'job:completed' && JSON.stringify(result).includes('x'.repeat(9_000)))).toBe(true);
    }, { timeout: 15_000, interval: 500 });
    expect(errors).toEqual([]);
    await emitter.close();
    await node[Symbol.asyncDispose]();
    await Promise.all([gateway.close(), worker.close()]);
  }

  it('refuses at the start, with a sentence, what does not hear its own NOTIFY, and leaves no LISTEN behind', async () => {
    await using other = await server.createDatabase();
    const [transaction, statement] = [await poolerFor('transaction'), await poolerFor('statement')];
    const pool = poolOf(transaction);
    const refusal = { code: 'INVALID_OPTIONS', message: expect.stringMatching(/PgBouncer.*listenUrl/) };
    const isRefused = (options: ConnectPostgresOptions): Promise<void> => expect(connectPostgres({ ...options, onError: () => {} })).rejects.toMatchObject(refusal);
    await Promise.all([
      // One after the other: a pooler that is busy may give UNLISTEN to another of its connections than LISTEN.
      isRefused({ url: transaction }).then(() => isRefused({ pool })),
      isRefused({ url: statement }),
      isRefused({ url: database.url, listenUrl: other.url }),
    ]);
    for (const connectionString of [transaction, statement]) {
      const client = await clientOf(connectionString);
      expect((await client.query('select pg_listening_channels()')).rows).toEqual([]);
    }
  });

  it.each(['transaction', 'statement'] as const)('works in %s mode with a listenUrl to the server itself', async (mode) => {
    await expectEverythingToWork({ url: await poolerFor(mode), listenUrl: database.url });
  });

  it('works with an application’s pool in transaction mode and a listenUrl', async () => {
    await expectEverythingToWork({ pool: poolOf(await poolerFor('transaction')), listenUrl: database.url });
  });

  it('works in session mode without more', async () => {
    await expectEverythingToWork({ url: await poolerFor('session') });
  });

  it('lets workers that do not listen go through transaction mode, and gives them no adapter', async () => {
    const worker = await connectPostgres({ url: await poolerFor('transaction'), listenUrl: false, onError: () => {} });
    expect(await worker.store.get(['job'])).toEqual([undefined]);
    expect(() => new (worker.adapter as unknown as new (namespace: unknown) => unknown)({})).toThrow('listenUrl');
    await worker.close();
  });

  describe('limits of statements', () => {
    it.each(['transaction', 'session'] as const)('hold in %s mode, which refuses them as startup parameters, and stay out of the sessions of others', async (mode) => {
      const store = new PostgresJobStore({ url: await poolerFor(mode), poolOptions: { lock_timeout: 500 }, onError: () => {} });
      await store.now();
      const admin = await clientOf(database.url);
      await admin.query('begin; lock table job_events_jobs in access exclusive mode');
      await expect(store.get(['job'])).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('lock timeout') });
      await admin.query('rollback');
      expect(await store.get(['job'])).toEqual([undefined]);
      await store.close();
      const client = await clientOf(await poolerFor(mode));
      expect((await client.query(`select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`)).rows).toEqual([{ lock: '0', statement: '0' }]);
    });
  });
});
