import { randomUUID } from 'node:crypto';
import { appendFile, chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalPostgres, type LocalPostgres } from '@notes/local-postgres';
import pg from 'pg';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
  /** Runs one statement on a connection of its own. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** `pg_terminate_backend` for every connection to this database; resolves to how many there were. */
  terminateConnections(): Promise<number>;
}

export interface PostgresServer extends AsyncDisposable {
  /** A database of its own, sorting text by a language as users' databases do. Dropped with the server, or by `await using`. */
  createDatabase(): Promise<TestDatabase>;
  /** Stops the server; its data and port stay for `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** A streaming replica of what is there now. Restarts the server. Ends with it. */
  startReplica(): Promise<PostgresReplica>;
}

export interface PostgresReplica {
  /** The same database, on the replica. */
  urlFor(databaseUrl: string): string;
  /** Makes it a primary; resolves when it takes writes. */
  promote(): Promise<void>;
}

/** Starts a real PostgreSQL, about one second; one for each test file. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'test-postgres-'));
  // The account that the server runs under has to enter it.
  await chmod(folder, 0o755);
  const dataDir = join(folder, 'data');
  let server = await startLocalPostgres({ dataDir, durable: false });
  const { connectionString, port } = server;
  const replicas: LocalPostgres[] = [];

  return {
    createDatabase: () => createDatabase(connectionString),
    stop: () => server.stop(),
    start: async () => {
      server = await startLocalPostgres({ dataDir, durable: false, port });
    },
    startReplica: async () => {
      await server.stop();
      const replicaDir = join(folder, `replica-${replicas.length}`);
      await cp(dataDir, replicaDir, { recursive: true });
      await chmod(replicaDir, 0o700);
      const { hostname, username, password } = new URL(connectionString);
      await appendFile(join(replicaDir, 'postgresql.auto.conf'), `primary_conninfo = 'host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}'\n`);
      await writeFile(join(replicaDir, 'standby.signal'), '');
      server = await startLocalPostgres({ dataDir, durable: false, port });
      const replica = await startLocalPostgres({ dataDir: replicaDir, durable: false });
      replicas.push(replica);
      return {
        urlFor: (databaseUrl) => databaseUrl.replace(`:${port}/`, `:${replica.port}/`),
        promote: async () => void (await query(replica.connectionString, 'select pg_promote()')),
      };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...replicas, server].map((one) => one.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await query(serverUrl, `create database ${name} template template0 locale_provider icu icu_locale 'en-US'`);
  const url = serverUrl.replace(/\/postgres$/, `/${name}`);
  return {
    url,
    name,
    query: (text, values) => query(url, text, values),
    terminateConnections: async () =>
      (await query(serverUrl, 'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])).length,
    [Symbol.asyncDispose]: async () => {
      await query(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function query<Row>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}
