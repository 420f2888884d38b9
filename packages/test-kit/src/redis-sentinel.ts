import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { launchProgram, type LaunchedProgram } from './launch-program.js';
import { redisCli, untilTrue } from './redis-cli.js';
import { findOwnRedis, launchRedis } from './redis-server.js';

export interface SentinelServers extends AsyncDisposable {
  /** Three of them. */
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  readonly name: string;
  /** The port of the primary, as the Sentinels see it. */
  primaryPort(): Promise<number>;
  /** The process that listens on a port. */
  server(port: number): LaunchedProgram;
  /** Resolves with the port of the primary that has taken over from another, once it takes writes. */
  waitForSuccessor(ofPort: number): Promise<number>;
}

const NAME = 'mymaster';

/**
 * A primary with two replicas, watched by three Sentinels, all of them real. A primary that is silent for 2 s is replaced.
 * `configuration`: lines for each Sentinel, such as for another port of it that speaks TLS.
 */
export async function startSentinel({ configuration = async () => [] as readonly string[] } = {}): Promise<SentinelServers> {
  const program = findOwnRedis();
  if (program === undefined) throw new Error('There is no redis-server on the PATH.');
  const folder = await mkdtemp(join(tmpdir(), 'test-sentinel-'));
  const programs = new Map<number, LaunchedProgram>();
  const startNode = async (args: readonly string[]): Promise<number> => {
    const port = await getPort({ host: '127.0.0.1' });
    const own = join(folder, `${port}`);
    await mkdir(own);
    programs.set(port, await launchRedis(program, own, port, ['--repl-diskless-sync-delay', '0', ...args]));
    return port;
  };
  const first = await startNode([]);
  const replicas = [await startNode(['--replicaof', '127.0.0.1', `${first}`]), await startNode(['--replicaof', '127.0.0.1', `${first}`])];
  for (const port of replicas) await untilTrue('The replica follows', async () => (await redisCli(port, 'INFO', 'replication')).includes('master_link_status:up'), 20_000);

  const sentinels: { host: string; port: number }[] = [];
  for (let index = 0; index < 3; index++) {
    const port = await getPort({ host: '127.0.0.1' });
    const file = join(folder, `sentinel-${index}.conf`);
    await writeFile(
      file,
      [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${folder}`,
        `sentinel monitor ${NAME} 127.0.0.1 ${first} 2`,
        `sentinel down-after-milliseconds ${NAME} 2000`,
        `sentinel failover-timeout ${NAME} 10000`,
        ...(await configuration()),
      ].join('\n'),
    );
    programs.set(port, await launchProgram(program, [file, '--sentinel'], '+monitor master'));
    sentinels.push({ host: '127.0.0.1', port });
  }
  const ask = (...args: string[]): Promise<string> => redisCli(sentinels[0]!.port, 'SENTINEL', ...args);
  await untilTrue('The Sentinels agree', async () => (await ask('CKQUORUM', NAME)).includes('OK 3 usable') && (await ask('REPLICAS', NAME)).split('slave-priority').length === 3, 30_000);
  const primaryPort = async (): Promise<number> => Number((await ask('GET-MASTER-ADDR-BY-NAME', NAME)).split('\n')[1]);
  return {
    sentinels,
    name: NAME,
    primaryPort,
    server: (port) => programs.get(port)!,
    waitForSuccessor: async (ofPort) => {
      let port = ofPort;
      await untilTrue('Another primary', async () => {
        port = await primaryPort();
        return port !== ofPort && (await redisCli(port, 'ROLE')).startsWith('master');
      }, 60_000);
      return port;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...programs.values()].map((running) => running.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
