import { ConfigurationError } from '../config/configuration-error.js';

/** A part of the application that runs until it is told to stop. */
export interface Service {
  /** What the parent process should know, sent to it once the service is ready. */
  readonly announce: Readonly<Record<string, unknown>>;
  /** A process that has not stopped after so long is ended. 15 s unless told. */
  readonly stopsWithinMs?: number;
  /** Finishes what is under way and lets go of everything. */
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 15_000;

/** What reading PDFs needs: an older one would start, and fail every job. */
const OLDEST_NODE = [22, 16] as const;

/**
 * Runs one service as a process: starts it, tells the parent, and stops it once on SIGINT, SIGTERM, or when the parent
 * that started it with an IPC channel is gone, however it went.
 *
 * @param start its signal is aborted when the process is told to stop before the service is ready.
 */
export async function runProcess(start: (stopping: AbortSignal) => Promise<Service>): Promise<void> {
  const stopping = new AbortController();
  const started = isNewEnough(process.versions.node) ? start(stopping.signal) : Promise.reject(new ConfigurationError(TOO_OLD));

  const stop = (): void => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    endAfter(STOP_WITHIN_MS);
    started
      .then((service) => {
        endAfter(service.stopsWithinMs ?? STOP_WITHIN_MS);
        return service.stop();
      })
      .then(
        () => process.exit(0),
        (error: unknown) => (error === stopping.signal.reason ? process.exit(0) : fail(error)),
      );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  // The parent may be gone before anybody listened.
  if (process.connected === false) stop();

  try {
    const service = await started;
    process.send?.({ ready: service.announce });
  } catch (error) {
    if (error !== stopping.signal.reason) fail(error);
  }
}

const TOO_OLD = `Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`;

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

let ending: NodeJS.Timeout | undefined;

function endAfter(ms: number): void {
  clearTimeout(ending);
  ending = setTimeout(() => process.exit(1), ms).unref();
}

/** One line for what the person who starts the process can change, everything for the rest. */
function fail(error: unknown): void {
  const message = error instanceof Error && isExpected(error) ? sentenceOf(error) : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${message}\n`);
  if (process.connected) process.send?.({ failed: error instanceof Error ? sentenceOf(error) : String(error) }, () => process.exit(1));
  else process.exit(1);
}

const isExpected = (error: Error): boolean => error.name === 'ConfigurationError' || 'code' in error;

/** An address with several servers behind it, such as `localhost`, that refuses says nothing but what each of them said. */
const sentenceOf = (error: Error): string =>
  error instanceof AggregateError && error.message === '' ? error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ') : error.message;
