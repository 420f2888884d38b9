import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import getPort from 'get-port';
import { findProgram } from './find-program.js';
import { killWithUs } from './kill-with-us.js';

export type PoolMode = 'session' | 'transaction' | 'statement';

export interface PgBouncer extends AsyncDisposable {
  /** The same database, through PgBouncer. */
  urlFor(databaseUrl: string): string;
}

// Debian keeps it where only root's PATH leads.
export const findPgBouncer = (): string | undefined => findProgram('pgbouncer') ?? findProgram('pgbouncer', ['/usr/sbin', '/usr/local/sbin']);

/** Starts a PgBouncer before the server of `serverUrl`, whose user it connects as. `settings`: further lines for its section `[pgbouncer]`. */
export async function startPgBouncer(serverUrl: string, mode: PoolMode, settings: Readonly<Record<string, string>> = {}): Promise<PgBouncer> {
  const program = findPgBouncer();
  if (program === undefined) throw new Error("There is no pgbouncer. Put the test under describeWith(['pgbouncer'], …).");
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const port = await getPort({ host: '127.0.0.1' });
  const folder = await mkdtemp(join(tmpdir(), 'test-pgbouncer-'));
  await chmod(folder, 0o755);
  const lines = { listen_addr: '127.0.0.1', listen_port: `${port}`, unix_socket_dir: '', auth_type: 'any', pool_mode: mode, ...settings };
  await writeFile(join(folder, 'pgbouncer.ini'), [
    '[databases]',
    `* = host=${hostname} port=${serverPort} user=${username} password=${decodeURIComponent(password)}`,
    '[pgbouncer]',
    ...Object.entries(lines).map(([name, value]) => `${name} = ${value}`),
    '',
  ].join('\n'));
  // It refuses to run as root.
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(program, [...account, join(folder, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = killWithUs(child);
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface(child.stderr).on('line', (line) => {
      said.push(line);
      if (line.includes('process up')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`pgbouncer ended with ${code}.\n${said.join('\n')}`)));
  });
  return {
    urlFor: (databaseUrl) => {
      const url = new URL(databaseUrl);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
