import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DatabaseProxy } from '../../tests/support/database-proxy.js';
import { realTiming } from '../timing.js';
import { ListenConnection } from './listen-connection.js';
import { openPostgres } from './postgres-database.js';

let server: PostgresServer;
let database: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A pool and a connection that listens, which goes through an address that can be taken away. */
async function listening(options: { readonly sharesAddress: boolean }) {
  const proxy = await DatabaseProxy.before(database.url);
  const url = `${proxy.urlFor(database.url)}?application_name=listens`;
  const opened = options.sharesAddress ? openPostgres({ url }, () => {}) : openPostgres({ url: database.url }, () => {}, { listenUrl: url });
  const connection = new ListenConnection({ database: opened, channel: 'events', timing: realTiming });
  let losses = 0;
  connection.on('lost', () => losses++);
  await vi.waitFor(() => expect(connection.isListening).toBe(true), { timeout: 10_000 });
  const backend = async (): Promise<number> => (await opened.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]!.pid;
  return {
    proxy,
    connection,
    backend,
    losses: () => losses,
    close: async () => {
      await connection.close();
      await opened.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

const endListening = () => database.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listens' and query like '%transaction_read_only%'`);

it('leaves the connections of the pool alone while only the address of listenUrl cannot be reached', async () => {
  const { proxy, connection, backend, losses, close } = await listening({ sharesAddress: false });
  const before = await backend();
  proxy.leadTo(undefined);
  await endListening();
  await vi.waitFor(() => expect(losses()).toBeGreaterThan(3), { timeout: 15_000 });
  expect(await backend()).toBe(before);
  proxy.leadTo(database.url);
  await vi.waitFor(() => expect(connection.isListening).toBe(true), { timeout: 15_000 });
  expect(await backend()).toBe(before);
  await close();
});

it('has the connections of the pool opened anew, once, when it is lost at the address that they share', async () => {
  const { backend, losses, close } = await listening({ sharesAddress: true });
  const before = await backend();
  await endListening();
  await vi.waitFor(() => expect(losses()).toBe(1), { timeout: 10_000 });
  expect(await backend()).not.toBe(before);
  await close();
});
