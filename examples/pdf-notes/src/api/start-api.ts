import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createJobEvents } from '@notes/job-events-server';
import type { Logger } from 'pino';
import { Server } from 'socket.io';
import type { ApiSettings } from '../config/settings.js';
import { pdfNotes } from '../pdf-notes-job.js';
import { NestLogger } from '../process/nest-logger.js';
import type { Service } from '../process/run-process.js';
import { apiModule } from './api-module.js';
import { openApiResources } from './api-resources.js';
import { servePage } from './page/serve-page.js';
import { ProblemFilter } from './problem/problem-filter.js';
import { authenticateSession } from './session/authenticate-session.js';
import { SessionTokens } from './session/session-tokens.js';

/** Starts everything that a browser talks to: uploads, notes, the state of jobs, live events and the page itself. */
export async function startApi(settings: ApiSettings, logger: Logger): Promise<Service> {
  const resources = await openApiResources(settings, logger);
  const tokens = new SessionTokens(settings.session);
  const io = new Server({ adapter: resources.events.adapter, serveClient: false, maxHttpBufferSize: 100_000 });
  const jobEvents = createJobEvents(io, {
    authenticate: authenticateSession(tokens),
    jobs: pdfNotes,
    store: resources.events.store,
    logger,
  });

  const app = await NestFactory.create<NestExpressApplication>(
    apiModule({ settings, logger, resources, tokens, jobEvents }),
    { logger: new NestLogger(logger), forceCloseConnections: true },
  );
  app.disable('x-powered-by');
  app.useGlobalFilters(new ProblemFilter(logger));
  app.use(jobEvents.nodeHandler);
  app.use(servePage());
  io.attach(app.getHttpServer());
  await app.listen(settings.port, settings.host);

  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${settings.host}:${port}`;
  logger.info({ url }, 'The API is listening');
  return {
    announce: { url },
    stop: async () => {
      await jobEvents.close();
      await app.close();
      await resources.close();
      logger.info('The API has stopped');
    },
  };
}
