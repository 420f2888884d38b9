import { spawn, type ChildProcess } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';

/**
 * A process of its own that runs PostgreSQL as long as its standard input is open, then stops it and cleans up. Whoever
 * started it holds the other end: closing it, ending, and being killed are one and the same.
 */
export interface Supervision {
  /** Makes a data folder first, in one place, and moves it to another once it is complete. */
  readonly initialize?: { readonly program: string; readonly args: readonly string[]; readonly from: string; readonly to: string };
  readonly serve: { readonly program: string; readonly args: readonly string[] };
  readonly account?: { readonly uid: number; readonly gid: number };
  /** Removed in the end. */
  readonly remove: readonly string[];
}

const { initialize, serve, account, remove } = JSON.parse(process.argv[2] ?? '') as Supervision;
let running: ChildProcess | undefined;
let isStopping = false;

const run = (program: string, args: readonly string[], onStart = (_pid: number): void => {}): Promise<number> =>
  new Promise((resolve) => {
    // initdb's own report goes where the server's log goes.
    running = spawn(program, args, { ...account, cwd: '/', stdio: ['ignore', 2, 2], env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } });
    running.once('spawn', () => onStart(running!.pid!));
    running.once('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(1);
    });
    running.once('exit', (code) => resolve(code ?? 1));
  });

/** Fast shutdown; immediate shutdown for a server that does not manage it. */
function stop(): void {
  isStopping = true;
  running?.kill('SIGINT');
  setTimeout(() => running?.kill('SIGQUIT'), 10_000).unref();
}

async function supervise(): Promise<number> {
  if (initialize !== undefined) {
    const status = await run(initialize.program, initialize.args);
    if (status !== 0 || isStopping) return status;
    if (initialize.from !== initialize.to) renameSync(initialize.from, initialize.to);
  }
  return run(serve.program, serve.args, (pid) => process.stdout.write(`${pid}\n`));
}

// The terminal's Ctrl-C and a broken pipe are not for us: only the end of the input is.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => {});
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});
process.stdin.on('end', stop).on('error', stop).resume();

const status = await supervise();
for (const path of remove) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
process.exit(isStopping ? 0 : status);
