import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface NodeProcessOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs it with what is built, as users do, instead of with the sources of this repository. */
  readonly built?: boolean;
}

export interface NodeProcess extends AsyncDisposable {
  readonly pid: number;
  /** What it has written so far, to both outputs. */
  readonly output: string;
  readonly isRunning: boolean;
  /** What it has sent so far by `process.send`. */
  readonly messages: readonly unknown[];
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The first line, past or to come, that matches. Rejects when the process ends first. */
  waitForLine(pattern: RegExp | string): Promise<string>;
  /** The first message, past or to come, that it sent by `process.send` and that passes. Rejects when the process ends first. */
  waitForMessage<Message>(accepts?: (message: Message) => boolean): Promise<Message>;
  /** Sends a message by IPC. */
  send(message: object): void;
  /** Default: `kill -9`. Resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

const runSources = fileURLToPath(new URL('run-sources.mjs', import.meta.url));

/** Starts a Node script as a process of its own, TypeScript sources of this repository included. `await using` kills it. */
export function spawnNode(script: string | URL, { args = [], env = {}, cwd, built = false }: NodeProcessOptions = {}): NodeProcess {
  const path = script instanceof URL ? fileURLToPath(script) : script;
  const child = spawn(process.execPath, [...(built ? [] : ['--import', runSources]), path, ...args], {
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const messages: unknown[] = [];
  const waiting = new Set<() => void>();
  const tell = (): void => waiting.forEach((check) => check());
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      tell();
    });
  }
  child.on('message', (message) => {
    messages.push(message);
    tell();
  });
  // Both the end of the process and that of its outputs: a last line is not missed.
  const ended = once(child, 'close').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  const killWithUs = (): boolean => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  void ended.then(() => {
    process.off('exit', killWithUs);
    tell();
  });

  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const waitFor = <T>(what: string, find: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const found = find();
        if (found === undefined && isRunning()) return;
        waiting.delete(check);
        if (found === undefined) reject(new Error(`${path} ended before ${what}.\n${output}`));
        else resolve(found);
      };
      waiting.add(check);
      check();
    });
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await ended;
  };

  return {
    pid: child.pid!,
    get output() {
      return output;
    },
    messages,
    get isRunning() {
      return isRunning();
    },
    ended,
    waitForLine: (pattern) => waitFor(`a line with ${pattern}`, () => completeLines(output).find((line) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line)))),
    waitForMessage: <Message>(accepts: (message: Message) => boolean = () => true) =>
      waitFor('the message came', () => (messages as Message[]).find((message) => accepts(message))),
    send: (message) => void child.send(message),
    kill,
    [Symbol.asyncDispose]: () => kill(),
  };
}

const completeLines = (text: string): string[] => text.split('\n').slice(0, -1);
