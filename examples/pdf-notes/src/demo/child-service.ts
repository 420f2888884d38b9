import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { DemoError } from './demo-error.js';

export interface ChildService<Announced> {
  readonly pid: number;
  /** What the service said when it was ready. */
  readonly announced: Announced;
  /** Rejects with a DemoError when the process ends without having been told to. Never resolves. */
  readonly crashed: Promise<never>;
  /** Resolves when the process has ended, to its exit code; `null` where it had to be killed. */
  stop(): Promise<number | null>;
}

export interface ChildServiceOptions {
  /** The program of the process. */
  readonly script: URL;
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Gets the process's log as it comes. In any case its last lines are told if it crashes. */
  readonly onLog?: ((line: string) => void) | undefined;
}

const KEPT_LOG_LINES = 20;
const STOP_WITHIN_MS = 20_000;

/**
 * Starts a part of the application as a process of its own and waits until it is ready. The IPC channel does double
 * duty: the child tells through it that it is ready, and ends by itself when it breaks, so that it never outlives us.
 *
 * @throws DemoError where the process cannot start.
 */
export async function startChildService<Announced>(options: ChildServiceOptions): Promise<ChildService<Announced>> {
  const child = fork(options.script, {
    env: { ...process.env, ...options.environment },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // A session of its own, where there are such: Ctrl-C at the terminal is for us, and we stop it in order.
    detached: process.platform !== 'win32',
  });
  const log = keepLog(child, options.onLog);
  let stopping = false;

  const crashed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new DemoError(`The ${options.name} could not be started: ${error.message}`, { cause: error })));
    child.once('exit', (code, signal) => {
      if (!stopping) reject(new DemoError([`The ${options.name} has ended by itself (${signal ?? `exit code ${code}`}).`, ...log].join('\n  ')));
    });
  });
  crashed.catch(() => {});

  const announced = new Promise<Announced>((resolve, reject) => {
    child.on('message', (message: { ready?: Announced; failed?: string }) => {
      if (message.ready !== undefined) resolve(message.ready);
      if (message.failed !== undefined) reject(new DemoError(`The ${options.name} could not start: ${message.failed}`));
    });
  });
  const service = {
    crashed,
    stop: async () => {
      stopping = true;
      return endProcess(child);
    },
  };
  try {
    return { ...service, announced: await Promise.race([announced, crashed]), pid: child.pid ?? 0 };
  } catch (error) {
    await service.stop();
    throw error;
  }
}

function keepLog(child: ChildProcess, onLog: ChildServiceOptions['onLog']): readonly string[] {
  const last: string[] = [];
  if (child.stderr !== null)
    createInterface({ input: child.stderr }).on('line', (line) => {
      onLog?.(line);
      last.push(line);
      if (last.length > KEPT_LOG_LINES) last.shift();
    });
  return last;
}

async function endProcess(child: ChildProcess): Promise<number | null> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await ended;
  clearTimeout(timer);
  return child.exitCode;
}
