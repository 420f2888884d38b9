import { type DynamicModule, Module } from '@nestjs/common';
import { JobEventsModule } from '@notes/job-events-server/nestjs';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { WORKER_SETTINGS, type WorkerSettings } from '../config/settings.js';
import { Notes } from '../database/notes.js';
import { Uploads } from '../database/uploads.js';
import type { EventConnection } from '../events/connect-events.js';
import { pdfNotes } from '../pdf-notes-job.js';
import { LOGGER } from '../process/create-logger.js';
import { PdfNotesOptimizedWorker } from './pdf-notes-optimized-worker.js';

export interface WorkerParts {
  readonly settings: WorkerSettings;
  readonly logger: Logger;
  readonly pool: Pool;
  readonly events: EventConnection;
}

@Module({})
class WorkerModule {}

/** A process that works and tells of it, and that nobody connects to. */
export const workerModule = ({ settings, logger, pool, events }: WorkerParts): DynamicModule => ({
  module: WorkerModule,
  imports: [JobEventsModule.forWorker({ ...events, jobs: pdfNotes, logger })],
  providers: [
    { provide: WORKER_SETTINGS, useValue: settings },
    { provide: LOGGER, useValue: logger },
    { provide: Uploads, useValue: new Uploads(pool) },
    { provide: Notes, useValue: new Notes(pool) },
    PdfNotesOptimizedWorker,
  ],
});
