import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { JobEvents } from '@notes/job-events-server';
import { type QueueReconciliation, reconcileQueue } from '@notes/job-events-server/bullmq';
import { JOB_EVENTS } from '@notes/job-events-server/nestjs';
import { Pool } from 'pg';
import type { Logger } from 'pino';
import { alone } from '../../database/alone.js';
import type { pdfNotes } from '../../pdf-notes-job.js';
import { LOGGER } from '../../process/create-logger.js';
import { within } from '../../process/within.js';
import { NotesQueue } from '../../queue/notes-queue.js';
import { AcceptUpload } from './accept-upload.js';
import { JobAudit } from './job-audit.js';

const EVERY_MS = 5_000;

/** A queue that has lost its jobs is given them again by then, also where it was away for a while. Until then none of them is ended. */
const GIVEN_AGAIN_WITHIN_MS = 120_000;

/** What waits for a queue that is away when the process stops is given up, and done by the next process. */
const GIVEN_UP_AFTER_MS = 1_000;

/** A promise may wait this long for the request that made it; then it is kept here. */
const REQUEST_TAKES_AT_MOST_MS = 15_000;

/**
 * Looks every few seconds for jobs that were promised to a user and of which something got lost, and has the library compare
 * what is shown with the queues. Of several processes one does it at a time.
 */
@Injectable()
export class PromiseKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #stopped = new AbortController();
  #rounds: Promise<void> = Promise.resolve();
  #reconciliations: readonly QueueReconciliation[] = [];

  constructor(
    @Inject(Pool) private readonly pool: Pool,
    @Inject(AcceptUpload) private readonly acceptUpload: AcceptUpload,
    @Inject(JobAudit) private readonly audit: JobAudit,
    @Inject(NotesQueue) private readonly queue: NotesQueue,
    @Inject(JOB_EVENTS) private readonly jobEvents: JobEvents<typeof pdfNotes>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const onError = (error: Error): void => this.logger.warn({ err: error }, error.message);
    this.#reconciliations = this.queue.all.map((queue) => reconcileQueue(queue, this.jobEvents.emitter, { goneAfterMs: GIVEN_AGAIN_WITHIN_MS, onError }));
    this.#rounds = this.#goRound();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#rounds, ...this.#reconciliations.map((each) => each.close())].map((each) => within(GIVEN_UP_AFTER_MS, each).catch(() => {})));
  }

  async #goRound(): Promise<void> {
    const { signal } = this.#stopped;
    while (await sleep(EVERY_MS, true, { signal }).catch(() => false)) {
      try {
        await alone(this.pool, 'promise-keeper', async () => {
          // In this order: what is found to be lost is given to the queue again in the same round.
          await this.audit.check(signal);
          await this.acceptUpload.keepPromises(REQUEST_TAKES_AT_MOST_MS, signal);
        });
      } catch (error) {
        this.logger.warn({ err: error }, 'Promised jobs could not be looked for; trying again');
      }
    }
  }
}
