import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import type { ApiSettings } from '../config/settings.js';
import { migrate } from '../database/migrate.js';
import { openPool } from '../database/open-pool.js';
import { connectEvents } from '../events/connect-events.js';
import { NestLogger } from '../process/nest-logger.js';
import { RequestsUnderWay } from '../process/requests-under-way.js';
import type { Service } from '../process/run-process.js';
import { NotesQueue } from '../queue/notes-queue.js';
import { adminsOnly } from './admin/admins-only.js';
import { ADMIN_PATH, serveBoard } from './admin/serve-board.js';
import { apiModule } from './api-module.js';
import { servePage } from './page/serve-page.js';
import { ProblemFilter } from './problem/problem-filter.js';
import { securityHeaders } from './security-headers.js';
import { sameOriginOnly } from './session/same-origin.js';
import { SessionTokens } from './session/session-tokens.js';

/** An upload that takes longer when the process is told to stop is broken off. */
const ANSWERED_WITHIN_MS = 10_000;

/** Starts everything that a browser talks to: uploads, notes, the state of jobs, live events and the page itself. */
export async function startApi(settings: ApiSettings, logger: Logger, stopping: AbortSignal): Promise<Service> {
  const pool = openPool(settings.databaseUrl, logger);
  await migrate(pool);
  const queue = new NotesQueue(settings, logger);
  const events = await connectEvents(settings, logger, stopping);

  const app = await NestFactory.create<NestExpressApplication>(apiModule({ settings, logger, pool, queue, events }), {
    logger: new NestLogger(logger),
    forceCloseConnections: true,
  });
  app.disable('x-powered-by');
  // HTTPS ends at a proxy beside this process, and the cookie should know of it.
  app.set('trust proxy', ['loopback', 'linklocal', 'uniquelocal']);
  app.useGlobalFilters(new ProblemFilter(logger));
  app.use(securityHeaders, sameOriginOnly);
  app.use(ADMIN_PATH, adminsOnly(app.get(SessionTokens), settings.adminUsers));
  app.use(serveBoard(queue), servePage());
  await app.listen(settings.port, settings.host);
  const requests = new RequestsUnderWay(app.getHttpServer());

  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${settings.host}:${port}`;
  logger.info({ url }, 'The API is listening');
  return {
    announce: { url },
    stop: async () => {
      await requests.finish(ANSWERED_WITHIN_MS);
      await app.close();
      await queue.close();
      await pool.end();
      logger.info('The API has stopped');
    },
  };
}
