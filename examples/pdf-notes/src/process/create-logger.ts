import { type Logger, pino } from 'pino';

/** What a provider asks for to get the process's logger. */
export const LOGGER = Symbol('logger');

/** Structured lines on standard error, one JSON object each, named after the process. */
export function createLogger(name: string, level: string): Logger {
  // Who reads the log may be killed before us. Pino's own destination would then try to write for ever, and the process
  // could not end; a stream says so once, and it does not matter.
  process.stderr.on('error', () => {});
  return pino({ name, level, redact: ['req.headers.authorization', 'req.headers.cookie'] }, process.stderr);
}
