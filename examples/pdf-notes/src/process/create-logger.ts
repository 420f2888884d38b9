import { type Logger, pino } from 'pino';

/** What a provider asks for to get the process's logger. */
export const LOGGER = Symbol('logger');

/** Structured lines on standard error, one JSON object each, named after the process. */
export const createLogger = (name: string, level: string): Logger =>
  pino({ name, level, redact: ['req.headers.authorization', 'req.headers.cookie'] }, pino.destination(2));
