import type { JobEventsServerError } from './server-errors.js';
import type { Metrics } from './telemetry/metrics.js';

/** What `pino` and `console` have in common. Messages carry the job's id where they are about one. */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Where faults go that cannot be thrown. Must not throw; what it throws, or rejects with where it is async, is dropped. */
export type OnError = (error: JobEventsServerError) => void;

/** Warnings and errors on the console, message first; nothing else. */
export const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (details, message) => console.warn(message, details),
  error: (details, message) => console.error(message, details),
};

/** Where faults go when nobody says where. */
const errorsTo =
  (logger: Logger): OnError =>
  (error) =>
    error.code === 'CONNECTION_RESTORED' || error.code === 'STORE_RESTORED'
      ? logger.warn({ connection: error.connection ?? error.store }, error.message)
      : logger.error({ err: error, jobId: error.jobId }, error.message);

/** The same, whatever it throws. Without one: the console. */
export function guardedOnError(onError: OnError = errorsTo(consoleLogger)): OnError {
  return (fault) => {
    try {
      // Of type `void`, which an async function fits too: its rejection would end the process.
      const told = onError(fault) as unknown;
      if (told instanceof Promise) told.catch(() => undefined);
    } catch {
      // It must not throw; there is nobody left to tell.
    }
  };
}

/** Where the library's faults go: counted, then to the application's `onError`, or else logged as errors. */
export function faultReporter(options: { onError: OnError | undefined; logger: Logger; metrics: Metrics }): OnError {
  const { logger, metrics } = options;
  const report = guardedOnError(options.onError ?? errorsTo(logger));
  return (error) => {
    metrics.fault(error.code);
    report(error);
  };
}
