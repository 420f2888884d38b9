import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import type { ApiSettings } from '../config/settings.js';
import { migrate } from '../database/migrate.js';
import { openPool } from '../database/open-pool.js';
import { connectEvents } from '../events/connect-events.js';
import { NestLogger } from '../process/nest-logger.js';
import type { Service } from '../process/run-process.js';
import { NotesQueue } from '../queue/notes-queue.js';
import { apiModule } from './api-module.js';
import { servePage } from './page/serve-page.js';
import { ProblemFilter } from './problem/problem-filter.js';

/** Starts everything that a browser talks to: uploads, notes, the state of jobs, live events and the page itself. */
export async function startApi(settings: ApiSettings, logger: Logger): Promise<Service> {
  const pool = openPool(settings.databaseUrl, logger);
  await migrate(pool);
  const queue = new NotesQueue(settings, logger);
  const events = await connectEvents(settings, logger);

  const app = await NestFactory.create<NestExpressApplication>(apiModule({ settings, logger, pool, queue, events }), {
    logger: new NestLogger(logger),
    forceCloseConnections: true,
  });
  app.disable('x-powered-by');
  app.useGlobalFilters(new ProblemFilter(logger));
  app.use(servePage());
  await app.listen(settings.port, settings.host);

  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${settings.host}:${port}`;
  logger.info({ url }, 'The API is listening');
  return {
    announce: { url },
    stop: async () => {
      await app.close();
      await queue.close();
      await pool.end();
      logger.info('The API has stopped');
    },
  };
}
