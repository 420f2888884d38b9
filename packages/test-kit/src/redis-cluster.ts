import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import type { LaunchedProgram } from './launch-program.js';
import { redisCli, untilTrue } from './redis-cli.js';
import { findOwnRedis, launchRedis } from './redis-server.js';

export interface RedisClusterServers extends AsyncDisposable {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** The port of the primary that holds a key, as another node sees it that is not `except`. */
  primaryOf(key: string, except?: number): Promise<number>;
  /** The process that listens on a port. */
  server(port: number): LaunchedProgram;
  /** Resolves when another primary than this one holds the key, and takes writes. */
  waitForSuccessor(ofPort: number, key: string): Promise<number>;
}

/** Three primaries with a replica each, as a real cluster. A primary that is silent for 3 s is replaced. */
export async function startRedisCluster(): Promise<RedisClusterServers> {
  const program = findOwnRedis();
  if (program === undefined) throw new Error('There is no redis-server on the PATH.');
  const folder = await mkdtemp(join(tmpdir(), 'test-redis-cluster-'));
  const programs = new Map<number, LaunchedProgram>();
  for (let index = 0; index < 6; index++) {
    // The bus of the cluster listens 10,000 above.
    const port = await getPort({ host: '127.0.0.1', port: Array.from({ length: 500 }, (_, offset) => 20_000 + index * 500 + offset) });
    const own = join(folder, `${port}`);
    await mkdir(own);
    programs.set(port, await launchRedis(program, own, port, ['--cluster-enabled', 'yes', '--cluster-node-timeout', '3000', '--repl-diskless-sync-delay', '0']));
  }
  const ports = [...programs.keys()];
  await redisCli(ports[0]!, '--cluster', 'create', ...ports.map((port) => `127.0.0.1:${port}`), '--cluster-replicas', '1', '--cluster-yes');
  for (const port of ports)
    await untilTrue('The node is part of the cluster', async () => (await redisCli(port, 'CLUSTER', 'INFO')).includes('cluster_state:ok') && !/master_link_status:down/.test(await redisCli(port, 'INFO', 'replication')), 60_000);

  const primaryOf = async (key: string, except?: number): Promise<number> => {
    const asked = ports.find((port) => port !== except)!;
    const slot = Number(await redisCli(asked, 'CLUSTER', 'KEYSLOT', key));
    for (const line of (await redisCli(asked, 'CLUSTER', 'NODES')).split('\n')) {
      const [, address, flags, , , , , , ...ranges] = line.split(' ');
      const holds = ranges.some((range) => {
        const [from, to = from] = range.split('-').map(Number);
        return slot >= from! && slot <= to!;
      });
      if (holds && flags!.includes('master') && !flags!.includes('fail')) return Number(/:(\d+)@/.exec(address!)![1]);
    }
    throw new Error(`No primary holds ${key}.`);
  };
  return {
    nodes: ports.map((port) => ({ host: '127.0.0.1', port })),
    primaryOf,
    server: (port) => programs.get(port)!,
    waitForSuccessor: async (ofPort, key) => {
      let port = ofPort;
      await untilTrue('Another primary', async () => {
        port = await primaryOf(key, ofPort);
        return port !== ofPort && (await redisCli(port, 'ROLE')).startsWith('master') && (await redisCli(port, 'CLUSTER', 'INFO')).includes('cluster_state:ok');
      }, 60_000);
      return port;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...programs.values()].map((running) => running.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
