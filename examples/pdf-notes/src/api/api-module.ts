import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { JobEvents } from '@notes/job-events-server';
import { JOB_EVENTS, JobEventsModule } from '@notes/job-events-server/nestjs';
import { Pool } from 'pg';
import type { Logger } from 'pino';
import { API_SETTINGS, type ApiSettings } from '../config/settings.js';
import { Notes } from '../database/notes.js';
import { Uploads } from '../database/uploads.js';
import { Users } from '../database/users.js';
import type { EventConnection } from '../events/connect-events.js';
import { shutdownOptions } from '../events/shutdown-options.js';
import { pdfNotes } from '../pdf-notes-job.js';
import { LOGGER } from '../process/create-logger.js';
import { NotesQueue } from '../queue/notes-queue.js';
import { HealthController } from './health/health-controller.js';
import { NotesController } from './notes/notes-controller.js';
import { authenticateSession } from './session/authenticate-session.js';
import { SessionController } from './session/session-controller.js';
import { SessionGuard } from './session/session-guard.js';
import { SessionTokens } from './session/session-tokens.js';
import { AcceptUpload } from './upload/accept-upload.js';
import { JobAudit } from './upload/job-audit.js';
import { PromiseKeeper } from './upload/promise-keeper.js';
import { RetryJob } from './upload/retry-job.js';
import { UploadController } from './upload/upload-controller.js';

export interface ApiParts {
  readonly settings: ApiSettings;
  readonly logger: Logger;
  readonly pool: Pool;
  readonly queue: NotesQueue;
  readonly events: EventConnection;
}

@Module({ controllers: [SessionController, UploadController, NotesController, HealthController] })
class ApiModule {}

/** Everything that a browser talks to, but for the page itself. */
export function apiModule({ settings, logger, pool, queue, events }: ApiParts): DynamicModule {
  const tokens = new SessionTokens(settings.session);
  const uploads = new Uploads(pool);
  const { store } = events;
  return {
    module: ApiModule,
    imports: [
      JobEventsModule.forRoot({
        ...events,
        ...shutdownOptions(logger),
        jobs: pdfNotes,
        authenticate: authenticateSession(tokens),
        logger,
        server: { serveClient: false },
      }),
    ],
    providers: [
      { provide: API_SETTINGS, useValue: settings },
      { provide: LOGGER, useValue: logger },
      { provide: Pool, useValue: pool },
      { provide: NotesQueue, useValue: queue },
      { provide: SessionTokens, useValue: tokens },
      { provide: Users, useValue: new Users(pool) },
      { provide: Notes, useValue: new Notes(pool) },
      {
        provide: AcceptUpload,
        inject: [JOB_EVENTS],
        useFactory: (jobEvents: JobEvents<typeof pdfNotes>) =>
          new AcceptUpload({ uploads, queue, jobEvents, maximumBytes: settings.uploadLimitBytes, logger }),
      },
      {
        provide: RetryJob,
        inject: [AcceptUpload],
        useFactory: (acceptUpload: AcceptUpload) => new RetryJob({ store, uploads, acceptUpload, logger }),
      },
      { provide: JobAudit, useValue: new JobAudit({ uploads, queue, store, keepFilesForMs: settings.keepFilesForMs, logger }) },
      { provide: APP_GUARD, useClass: SessionGuard },
      PromiseKeeper,
    ],
  };
}
