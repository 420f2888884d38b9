import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { JobEvents } from '@notes/job-events-server';
import { Pool } from 'pg';
import type { Logger } from 'pino';
import { API_SETTINGS, type ApiSettings } from '../config/settings.js';
import { Notes } from '../database/notes.js';
import { Uploads } from '../database/uploads.js';
import { Users } from '../database/users.js';
import type { pdfNotes } from '../pdf-notes-job.js';
import { LOGGER } from '../process/create-logger.js';
import { NotesQueue } from '../queue/notes-queue.js';
import type { ApiResources } from './api-resources.js';
import { HealthController } from './health/health-controller.js';
import { NotesController } from './notes/notes-controller.js';
import { SessionController } from './session/session-controller.js';
import { SessionGuard } from './session/session-guard.js';
import { SessionTokens } from './session/session-tokens.js';
import { AcceptUpload } from './upload/accept-upload.js';
import { PromiseKeeper } from './upload/promise-keeper.js';
import { UploadController } from './upload/upload-controller.js';

export interface ApiParts {
  readonly settings: ApiSettings;
  readonly logger: Logger;
  readonly resources: ApiResources;
  readonly tokens: SessionTokens;
  readonly jobEvents: JobEvents<typeof pdfNotes>;
}

@Module({ controllers: [SessionController, UploadController, NotesController, HealthController] })
class ApiModule {}

/** The API with the parts it stands on. */
export function apiModule({ settings, logger, resources, tokens, jobEvents }: ApiParts): DynamicModule {
  const { pool, queue } = resources;
  const maximumBytes = settings.uploadLimitBytes;
  const acceptUpload = new AcceptUpload({ uploads: new Uploads(pool), queue, jobEvents, maximumBytes, logger });
  return {
    module: ApiModule,
    providers: [
      { provide: API_SETTINGS, useValue: settings },
      { provide: LOGGER, useValue: logger },
      { provide: Pool, useValue: pool },
      { provide: NotesQueue, useValue: queue },
      { provide: SessionTokens, useValue: tokens },
      { provide: Users, useValue: new Users(pool) },
      { provide: Notes, useValue: new Notes(pool) },
      { provide: AcceptUpload, useValue: acceptUpload },
      { provide: APP_GUARD, useClass: SessionGuard },
      PromiseKeeper,
    ],
  };
}
