import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import getPort from 'get-port';
import { findProgram } from './find-program.js';

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  /** `kill -9`: nothing is kept. Only for a server of one's own. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
}

/** `REDIS_URL`, else the path of a `redis-server`. */
export const findRedis = (): string | undefined => process.env['REDIS_URL'] ?? findOwnRedis();

export const findOwnRedis = (): string | undefined => findProgram('redis-server');

/** A Redis to test with: that of `REDIS_URL`, else one of one's own on a spare port. `own`: always the latter, so that it can be killed; with `args` on its command line. */
export async function startRedis({ own = false, args = [] as readonly string[] } = {}): Promise<RedisServer> {
  const given = process.env['REDIS_URL'];
  if (given !== undefined && !own) return shared(given);
  const program = findOwnRedis();
  if (program === undefined) throw new Error("There is no redis-server on the PATH. Put the test under describeWith(['redis'], …).");

  const folder = await mkdtemp(join(tmpdir(), 'test-redis-'));
  const port = await getPort({ host: '127.0.0.1' });
  let server = await launch(program, folder, port, args);
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  // Who forgets to stop it, or fails before, leaves none behind.
  const killWithUs = (): boolean => server.kill('SIGKILL');
  process.once('exit', killWithUs);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    start: async () => {
      server = await launch(program, folder, port, args);
    },
    [Symbol.asyncDispose]: async () => {
      process.off('exit', killWithUs);
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function shared(url: string): RedisServer {
  const refuse = (): never => {
    throw new Error('The Redis of REDIS_URL is not ours to kill. Use startRedis({ own: true }).');
  };
  return { url, kill: refuse, start: refuse, [Symbol.asyncDispose]: async () => {} };
}

async function launch(program: string, folder: string, port: number, more: readonly string[]): Promise<ChildProcess> {
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...more];
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface(server.stdout!).on('line', (line) => {
      lines.push(line);
      if (line.includes('Ready to accept connections')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`redis-server ended with ${code}.\n${lines.join('\n')}`)));
  });
  return server;
}
