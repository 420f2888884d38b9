import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Supervision } from './supervisor.js';

/** A replica says the latter. */
const READY = /database system is ready to accept (read-only )?connections/;
const REMEMBERED_LINES = 30;

type SupervisorProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** PostgreSQL under its supervisor. */
export interface SupervisedPostgres {
  readonly pid: number;
  /** Resolves when the server has ended and what it left has been removed. */
  stop(): Promise<void>;
}

/** Starts the supervisor and resolves once PostgreSQL accepts connections. */
export async function startSupervised(supervision: Supervision, log: (line: string) => void): Promise<SupervisedPostgres> {
  const supervisor = spawn(process.execPath, [supervisorFile(), JSON.stringify(supervision)], {
    // A session of its own: what is typed at our terminal, or sent to our group, does not reach it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(supervisor, 'exit');
  supervisor.stdin.on('error', () => {});

  const [pid] = await Promise.all([announcedPid(supervisor), untilReady(supervisor, log)]);
  letProcessEnd(supervisor);
  return {
    pid,
    stop: async () => {
      supervisor.ref();
      supervisor.stdin.end();
      await ended;
    },
  };
}

/** Beside this file, whether that is a source or built. */
const supervisorFile = (): string => fileURLToPath(new URL(`./supervisor${extname(fileURLToPath(import.meta.url))}`, import.meta.url));

const announcedPid = (supervisor: SupervisorProcess): Promise<number> =>
  new Promise((resolve) => createInterface(supervisor.stdout).once('line', (line) => resolve(Number(line))));

function untilReady(supervisor: SupervisorProcess, log: (line: string) => void): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface(supervisor.stderr).on('line', (line) => {
      lines.push(line);
      if (lines.length > REMEMBERED_LINES) lines.shift();
      log(line);
      if (READY.test(line)) resolve();
    });
    supervisor.once('error', reject);
    supervisor.once('close', (code) => reject(new Error(`PostgreSQL did not start (${code}). It said:\n${lines.join('\n')}`)));
  });
}

/** Who forgets to stop the server may end all the same; the server ends with it. */
function letProcessEnd(supervisor: SupervisorProcess): void {
  supervisor.unref();
  for (const stream of [supervisor.stdin, supervisor.stdout, supervisor.stderr]) (stream as unknown as { unref(): void }).unref();
}
