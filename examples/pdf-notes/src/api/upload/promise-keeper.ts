import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Pool } from 'pg';
import type { Logger } from 'pino';
import { alone } from '../../database/alone.js';
import { LOGGER } from '../../process/create-logger.js';
import { AcceptUpload } from './accept-upload.js';
import { JobAudit } from './job-audit.js';

const EVERY_MS = 5_000;

/** A promise may wait this long for the request that made it; then it is kept here. */
const REQUEST_TAKES_AT_MOST_MS = 15_000;

/** Looks every few seconds for jobs that were promised to a user and of which something got lost. One process does it at a time. */
@Injectable()
export class PromiseKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopped = new AbortController();
  #rounds: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(AcceptUpload) private readonly acceptUpload: AcceptUpload,
    @Inject(JobAudit) private readonly audit: JobAudit,
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
        await alone(this.pool, 'promise-keeper', async () => {
          await this.acceptUpload.keepPromises(REQUEST_TAKES_AT_MOST_MS);
          await this.audit.check();
        });
      } catch (error) {
        this.logger.warn({ err: error }, 'Promised jobs could not be looked for; trying again');
      }
    }
  }
}
