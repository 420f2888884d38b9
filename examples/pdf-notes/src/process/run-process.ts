/** A part of the application that runs until it is told to stop. */
export interface Service {
  /** What the parent process should know, sent to it once the service is ready. */
  readonly announce: Readonly<Record<string, unknown>>;
  /** Finishes what is under way and lets go of everything. */
  stop(): Promise<void>;
}

/** A process that cannot stop in time is ended. */
const STOP_WITHIN_MS = 15_000;

/**
 * Runs one service as a process: starts it, tells the parent, and stops it once on SIGINT, SIGTERM, or when the parent
 * that started it with an IPC channel is gone, however it went.
 */
export async function runProcess(start: () => Promise<Service>): Promise<void> {
  let stopping = false;
  const started = start();

  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    started
      .then((service) => service.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => fail(error),
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
    fail(error);
  }
}

/** One line for what the person who starts the process can change, everything for the rest. */
function fail(error: unknown): void {
  const message = error instanceof Error && isExpected(error) ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${message}\n`);
  if (process.connected) process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
  else process.exit(1);
}

const isExpected = (error: Error): boolean => error.name === 'ConfigurationError' || 'code' in error;
