import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { LOGGER } from '../../process/create-logger.js';
import { AcceptUpload } from './accept-upload.js';

const EVERY_MS = 5_000;

/** Looks every few seconds for jobs that were promised to a user and never reached the queue. */
@Injectable()
export class PromiseKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopped = new AbortController();
  #rounds: Promise<void> = Promise.resolve();

  constructor(
    @Inject(AcceptUpload) private readonly acceptUpload: AcceptUpload,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.#rounds = this.#goRound();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped.abort();
    await this.#rounds;
  }

  async #goRound(): Promise<void> {
    const { signal } = this.#stopped;
    while (await sleep(EVERY_MS, true, { signal }).catch(() => false)) {
      try {
        await this.acceptUpload.keepPromises();
      } catch (error) {
        this.logger.warn({ err: error }, 'Promised jobs could not be looked for; trying again');
      }
    }
  }
}
