import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { findProgram } from './find-program.js';
import { launchProgram, type LaunchedProgram } from './launch-program.js';

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  /** `kill -9`: nothing is kept. Only for a server of one's own. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  start(): Promise<void>;
  /** Stops it without ending it: its connections stay open and are silent. Only for a server of one's own. */
  freeze(): void;
  thaw(): void;
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
  let server = await launchRedis(program, folder, port, args);
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    start: async () => {
      server = await launchRedis(program, folder, port, args);
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function shared(url: string): RedisServer {
  const refuse = (): never => {
    throw new Error('The Redis of REDIS_URL is not ours to kill. Use startRedis({ own: true }).');
  };
  return { url, kill: refuse, start: refuse, freeze: refuse, thaw: refuse, [Symbol.asyncDispose]: async () => {} };
}

/** Starts a redis-server on 127.0.0.1 that keeps nothing. */
export const launchRedis = (program: string, folder: string, port: number, args: readonly string[]): Promise<LaunchedProgram> =>
  launchProgram(program, ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, ...args], 'Ready to accept connections');
