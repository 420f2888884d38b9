import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const DEMO = fileURLToPath(new URL('../../dist/demo/main.js', import.meta.url));

/** The demo as `pnpm demo` runs it, with a folder for temporary files of its own. */
export class RunningDemo implements AsyncDisposable {
  readonly #folder: string;
  readonly #child;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  stdout = '';
  stderr = '';

  static async start(args: readonly string[], options: { readonly calledFrom?: string; readonly redisUrl?: string } = {}): Promise<RunningDemo> {
    const folder = await mkdtemp(join(tmpdir(), 'pdf-notes-demo-'));
    // PostgreSQL, which refuses to run as root, has to get in.
    await chmod(folder, 0o755);
    return new RunningDemo(args, folder, options.calledFrom ?? process.cwd(), options.redisUrl);
  }

  private constructor(args: readonly string[], folder: string, calledFrom: string, redisUrl: string | undefined) {
    this.#folder = folder;
    const { DATABASE_URL: _database, REDIS_URL: _redis, NO_COLOR: _color, ...environment } = process.env;
    this.#child = spawn(process.execPath, [DEMO, ...args], {
      env: { ...environment, TMPDIR: folder, INIT_CWD: calledFrom, ...(redisUrl !== undefined && { REDIS_URL: redisUrl }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(this.#child, 'close').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get lines(): readonly string[] {
    return this.stdout.split('\n').filter((line) => line !== '');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves to the first line of standard output that matches. */
  waitForLine(pattern: RegExp): Promise<string> {
    return vi.waitFor(
      () => {
        const line = this.lines.find((text) => pattern.test(text));
        if (line === undefined) throw new Error(`no line ${pattern} in:\n${this.stdout}\n${this.stderr}`);
        return line;
      },
      { timeout: 60_000, interval: 50 },
    );
  }

  /** Temporary files that are there now. */
  temporaryFiles(): Promise<readonly string[]> {
    return readdir(this.#folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGTERM');
    await this.ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The ids of every process that descends from this one, as of now, and their command lines. */
export function descendantsOf(ancestor: number): ReadonlyMap<number, string> {
  const processes = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, command]) => ({ pid: Number(pid), parent: Number(parent), command: String(command) }));
  const found = new Map<number, string>();
  const add = (parent: number): void => {
    for (const process of processes)
      if (process.parent === parent) {
        found.set(process.pid, process.command);
        add(process.pid);
      }
  };
  add(ancestor);
  return found;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
