import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import getPort from 'get-port';
import { findBinaries, nativeFolderOf } from './postgres-binaries.js';
import { canEnter, canRun, findServerAccount, giveTo, type Account } from './server-account.js';
import { startSupervised } from './supervised-process.js';

export interface LocalPostgresOptions {
  /**
   * Where the data is kept, and found again at the next start. Default: a temporary folder, removed on stop. Started as
   * root where the server's account cannot enter this folder, the data is kept in `/var/tmp` instead; `log` says so.
   */
  readonly dataDir?: string;
  /** Whether what is committed survives a crash of the machine. Default: with a `dataDir` of your own, yes. */
  readonly durable?: boolean;
  /** Default: a spare port. */
  readonly port?: number;
  /** Gets the server's log, line by line. */
  readonly log?: (line: string) => void;
}

export interface LocalPostgres extends AsyncDisposable {
  /** `postgres://…`, as the superuser, to the database `postgres`. */
  readonly connectionString: string;
  readonly port: number;
  /** The server's own process. */
  readonly pid: number;
  /** Ends all connections and the server. Idempotent. */
  stop(): Promise<void>;
}

/** Of a server whose data need not survive, nothing has to reach the disk. */
const FORGETFUL = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', 'shared_buffers=32MB', 'log_timezone=UTC'];

/**
 * Starts a real PostgreSQL from npm packages, on 127.0.0.1 only, as a child of this process: it ends with it, however
 * that ends. Runs as anybody; as root it runs under the account `postgres` or `nobody`, and creates none.
 */
export async function startLocalPostgres({ dataDir, durable = dataDir !== undefined, port, log = () => {} }: LocalPostgresOptions = {}): Promise<LocalPostgres> {
  const account = await findServerAccount();
  const workFolder = await makeWorkFolder(account);
  try {
    const binaries = await runnableBinaries(workFolder, account);
    const data = dataDir === undefined ? join(workFolder, 'data') : await keptFolder(resolve(dataDir), account, log);
    const isNew = !existsSync(join(data, 'PG_VERSION'));
    const fresh = `${data}-initializing`;
    if (isNew) await makeFresh(fresh, account);
    else await giveTo(account, data);

    const passwordFile = join(isNew ? workFolder : data, 'local-password');
    if (isNew) await writeFor(account, passwordFile, randomBytes(18).toString('base64url'));
    const password = await readFile(passwordFile, 'utf8');

    const usedPort = port ?? (await getPort({ host: '127.0.0.1' }));
    const settings = [...SETTINGS, `port=${usedPort}`, ...(durable ? [] : FORGETFUL)];
    const server = await startSupervised({
      ...(isNew && { initialize: { program: binaries.initdb, args: initArgs(fresh, passwordFile), from: fresh, to: data } }),
      serve: { program: binaries.postgres, args: ['-D', data, ...settings.flatMap((setting) => ['-c', setting])] },
      ...(account && { account }),
      remove: [workFolder],
    }, log);
    if (isNew && dataDir !== undefined) await writeFor(account, join(data, 'local-password'), password);

    return {
      connectionString: `postgres://postgres:${password}@127.0.0.1:${usedPort}/postgres`,
      port: usedPort,
      pid: server.pid,
      stop: () => server.stop(),
      [Symbol.asyncDispose]: () => server.stop(),
    };
  } catch (error) {
    await rm(workFolder, { recursive: true, force: true });
    throw error;
  }
}

const initArgs = (data: string, passwordFile: string): string[] =>
  ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];

/** A folder that the server's account can enter, whatever `TMPDIR` says. */
async function makeWorkFolder(account: Account | undefined): Promise<string> {
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    if (!(await canEnter(parent, account))) continue;
    const folder = await mkdtemp(join(parent, 'job-events-postgres-'));
    await chmod(folder, 0o755);
    return folder;
  }
  throw new Error(`The account that is to run PostgreSQL (uid ${account?.uid}) cannot enter ${tmpdir()}, /tmp or /var/tmp. Set TMPDIR to a folder that it can enter.`);
}

/** The programs where they are; where the account cannot get at them, a copy. */
async function runnableBinaries(workFolder: string, account: Account | undefined) {
  const binaries = await findBinaries();
  if (await canRun(binaries.postgres, account)) return binaries;
  if (account === undefined) throw new Error(`${binaries.postgres} does not run on this machine. Run it with --version to see why.`);
  const copy = join(workFolder, 'native');
  await cp(nativeFolderOf(binaries), copy, { recursive: true, verbatimSymlinks: true });
  await giveTo(account, copy);
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

/** The caller's folder, or, where the server's account cannot get into it, one in `/var/tmp` that stands for it. */
async function keptFolder(dataDir: string, account: Account | undefined, log: (line: string) => void): Promise<string> {
  await mkdir(dirname(dataDir), { recursive: true });
  if (await canEnter(dirname(dataDir), account)) return dataDir;
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const instead = `/var/tmp/job-events-postgres-kept-${name}`;
  log(`The account that runs PostgreSQL (uid ${account?.uid}) cannot enter ${dirname(dataDir)}; the data is kept in ${instead}.`);
  return instead;
}

async function makeFresh(folder: string, account: Account | undefined): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  await giveTo(account, folder);
}

async function writeFor(account: Account | undefined, path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (account !== undefined) await chown(path, account.uid, account.gid);
}
