import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import type { WorkerSettings } from '../config/settings.js';
import { migrate } from '../database/migrate.js';
import { openPool } from '../database/open-pool.js';
import { connectEvents } from '../events/connect-events.js';
import { NestLogger } from '../process/nest-logger.js';
import type { Service } from '../process/run-process.js';
import { workerModule } from './worker-module.js';

/** What is left to do once the jobs have had their time: giving them back, telling it, closing connections. */
const ENDS_WITHIN_MS = 7_000;

/** Starts a process that takes PDFs from the queue; what it says reaches the API, and so the browsers. */
export async function startWorker(settings: WorkerSettings, logger: Logger, stopping: AbortSignal): Promise<Service> {
  const pool = openPool(settings.databaseUrl, logger);
  await migrate(pool);
  const events = await connectEvents(settings, logger, stopping);
  const app = await NestFactory.createApplicationContext(workerModule({ settings, logger, pool, events }), {
    logger: new NestLogger(logger),
  });
  logger.info({ concurrency: settings.concurrency }, 'The worker is ready');
  return {
    announce: {},
    stopsWithinMs: settings.graceMs + ENDS_WITHIN_MS,
    stop: async () => {
      await app.close();
      await pool.end();
      logger.info('The worker has stopped');
    },
  };
}
