import type { JobEventsServerError } from './server-errors.js';

/** What `pino` and `console` have in common. Messages carry the job's id where they are about one. */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Where faults go that cannot be thrown. Must not throw; what it throws is dropped. */
export type OnError = (error: JobEventsServerError) => void;

/** Warnings and errors on the console, message first; nothing else. */
export const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (details, message) => console.warn(message, details),
  error: (details, message) => console.error(message, details),
};

/** Where faults go when nobody says where. */
export const errorsTo =
  (logger: Logger): OnError =>
  (error) => logger.error({ err: error, jobId: error.jobId }, error.message);

/** An application's `onError` is called amid other people's work. */
export function neverThrowing(onError: OnError): OnError {
  return (error) => {
    try {
      onError(error);
    } catch {
      // Dropped, as documented: there is nowhere left to report it.
    }
  };
}
