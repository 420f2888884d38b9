import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Nest's own messages as lines of the same log. */
export class NestLogger implements LoggerService {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  log = (message: unknown, context?: unknown) => this.#logger.debug({ context }, String(message));
  verbose = (message: unknown, context?: unknown) => this.#logger.trace({ context }, String(message));
  debug = (message: unknown, context?: unknown) => this.#logger.debug({ context }, String(message));
  warn = (message: unknown, context?: unknown) => this.#logger.warn({ context }, String(message));
  fatal = (message: unknown, ...details: unknown[]) => this.#logger.fatal({ details }, String(message));
  error = (message: unknown, ...details: unknown[]) =>
    message instanceof Error ? this.#logger.error({ err: message }, message.message) : this.#logger.error({ details }, String(message));
}
