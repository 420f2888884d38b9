import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { findProgram } from './find-program.js';
import { killWithUs } from './kill-with-us.js';

/** `websocket`: a connection begun by a WebSocket. `probe`: the upgrade of one begun by long polling. */
export const REQUEST_KINDS = ['websocket', 'probe', 'polling', 'status', 'page'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/**
 * What becomes of requests: they pass, are refused with 403, are never answered, are redirected to a sign-in page, or meet
 * a 404 page. `strip`: an upgrade reaches the server as an ordinary request. `swallow`: an upgrade is answered with 101 by
 * the server at `swallower`, which is to do nothing more.
 */
export type RequestPolicy = 'pass' | 'refuse' | 'hang' | 'sign-in' | 'not-found' | 'strip' | 'swallow';

export interface Haproxy extends AsyncDisposable {
  readonly origin: string;
  /** From now on. Open connections stay. */
  setPolicy(policies: { readonly [Kind in RequestKind]?: RequestPolicy }): Promise<void>;
  /** How many requests of each kind have come so far. */
  counts(): Promise<Readonly<Record<RequestKind, number>>>;
  /** Ends every connection of these kinds. */
  cut(...kinds: readonly RequestKind[]): Promise<void>;
}

// Debian keeps it where only root's PATH leads.
export const findHaproxy = (): string | undefined => findProgram('haproxy') ?? findProgram('haproxy', ['/usr/sbin', '/usr/local/sbin']);

/** Starts a HAProxy in front of a Socket.IO server on a port of this machine. */
export async function startHaproxy(serverPort: number, swallowerPort = serverPort): Promise<Haproxy> {
  const program = findHaproxy();
  if (program === undefined) throw new Error("There is no haproxy. Put the test under describeWith(['haproxy'], …).");
  const folder = await mkdtemp(join(tmpdir(), 'test-haproxy-'));
  const [port, map, adminSocket] = [await getPort({ host: '127.0.0.1' }), join(folder, 'policies.map'), join(folder, 'admin.sock')];
  await writeFile(map, REQUEST_KINDS.map((kind) => `${kind} pass\n`).join(''));
  await writeFile(join(folder, 'haproxy.cfg'), configuration({ port, map, adminSocket, serverPort, swallowerPort }));
  const child = spawn(program, ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const kill = killWithUs(child);

  /** Asks HAProxy's own runtime API. */
  async function command(line: string): Promise<string> {
    const socket = connect(adminSocket);
    socket.end(`${line}\n`);
    return text(socket);
  }

  for (let left = 200; ; left--) {
    if (child.exitCode !== null) throw new Error(`haproxy ended with ${child.exitCode}.`);
    if (await command('show info').catch((error: unknown) => (left > 0 ? undefined : Promise.reject(error)))) break;
    await sleep(50);
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    async setPolicy(policies) {
      for (const [kind, policy] of Object.entries(policies)) await command(`set map ${map} ${kind} ${policy}`);
    },
    async counts() {
      const [head = '', ...rows] = (await command('show stat')).replace(/^# /, '').split('\n');
      const column = head.split(',').indexOf('stot');
      const totals = new Map(rows.map((row) => row.split(',')).flatMap((row) => (row[1] === 'BACKEND' ? [[row[0], Number(row[column])]] : [])));
      return Object.fromEntries(REQUEST_KINDS.map((kind) => [kind, totals.get(kind) ?? 0])) as Record<RequestKind, number>;
    },
    async cut(...kinds) {
      for (const kind of kinds) for (const server of ['app', 'swallower']) await command(`shutdown sessions server ${kind}/${server}`);
    },
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Addresses {
  readonly port: number;
  readonly map: string;
  readonly adminSocket: string;
  readonly serverPort: number;
  readonly swallowerPort: number;
}

/** A backend for each kind, so that HAProxy counts them apart. */
const configuration = ({ port, map, adminSocket, serverPort, swallowerPort }: Addresses): string => `
global
  stats socket ${adminSocket} level admin
defaults of-backends
  mode http
  timeout connect 5s
  timeout server 120s
  timeout tunnel 1h
  timeout tarpit 120s
  http-request deny deny_status 403 if { var(txn.policy) -m str refuse }
  http-request tarpit if { var(txn.policy) -m str hang }
  http-request redirect location /sign-in.html code 302 if { var(txn.policy) -m str sign-in }
  http-request return status 404 content-type text/html string "<h1>404 Not Found</h1>" if { var(txn.policy) -m str not-found }
  http-request del-header Upgrade if { var(txn.policy) -m str strip }
defaults of-frontends
  mode http
  timeout client 120s
frontend door from of-frontends
  bind 127.0.0.1:${port}
  http-request set-var(txn.kind) str(page)
  http-request set-var(txn.kind) str(status) if { path_beg /api/ }
  http-request set-var(txn.kind) str(polling) if { path_beg /socket.io/ }
  http-request set-var(txn.kind) str(websocket) if { hdr(Upgrade) -i websocket } !{ url_param(sid) -m found }
  http-request set-var(txn.kind) str(probe) if { hdr(Upgrade) -i websocket } { url_param(sid) -m found }
  http-request set-var(txn.policy) var(txn.kind),map(${map},pass)
  use_backend %[var(txn.kind)]
${REQUEST_KINDS.map((kind) => `
backend ${kind} from of-backends
  use-server swallower if { var(txn.policy) -m str swallow }
  server app 127.0.0.1:${serverPort}
  server swallower 127.0.0.1:${swallowerPort} weight 0`).join('')}
`;
