import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { JobEventsModule } from '@notes/job-events-server/nestjs';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { WORKER_SETTINGS, type WorkerSettings } from '../config/settings.js';
import { ExtractedTexts } from '../database/extracted-texts.js';
import { Notes } from '../database/notes.js';
import { Uploads } from '../database/uploads.js';
import type { EventConnection } from '../events/connect-events.js';
import { shutdownOptions } from '../events/shutdown-options.js';
import { pdfNotes } from '../pdf-notes-job.js';
import { LOGGER } from '../process/create-logger.js';
import { workerBackend } from '../queue/queue-backend.js';
import { QUEUES } from '../queue/queue-names.js';
import { AiNotesWorker } from './ai-notes-worker.js';
import { PdfExtractWorker } from './pdf-extract-worker.js';
import { PdfNotesOptimizedWorker } from './pdf-notes-optimized-worker.js';

export interface WorkerParts {
  readonly settings: WorkerSettings;
  readonly logger: Logger;
  readonly pool: Pool;
  readonly events: EventConnection;
}

const WORKERS = {
  [QUEUES.optimized]: PdfNotesOptimizedWorker,
  [QUEUES.extract]: PdfExtractWorker,
  [QUEUES.notes]: AiNotesWorker,
} as const;

@Module({})
class WorkerModule {}

/** A process that works and tells of it, and that nobody connects to. */
export function workerModule({ settings, logger, pool, events }: WorkerParts): DynamicModule {
  const { connection, workerClass } = workerBackend(settings);
  // For the whole process: @nestjs/bullmq has no option for a back end, but lets the class be chosen.
  BullModule.workerClass = workerClass;
  return {
    module: WorkerModule,
    imports: [JobEventsModule.forWorker({ ...events, ...shutdownOptions(logger), jobs: pdfNotes, logger }), BullModule.forRoot({ connection }), BullModule.registerQueue()],
    providers: [
      { provide: WORKER_SETTINGS, useValue: settings },
      { provide: LOGGER, useValue: logger },
      { provide: Uploads, useValue: new Uploads(pool) },
      { provide: ExtractedTexts, useValue: new ExtractedTexts(pool) },
      { provide: Notes, useValue: new Notes(pool) },
      ...settings.queues.map((name) => WORKERS[name]),
    ],
  };
}
