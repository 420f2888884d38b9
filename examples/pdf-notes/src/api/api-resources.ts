import { connectPostgres, type PostgresConnection } from '@notes/job-events-server/postgres';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { ApiSettings } from '../config/settings.js';
import { migrate } from '../database/migrate.js';
import { openPool } from '../database/open-pool.js';
import { NotesQueue } from '../queue/notes-queue.js';

/** What the API holds open as long as it runs. */
export interface ApiResources {
  readonly pool: Pool;
  readonly queue: NotesQueue;
  /** Carries events between this process and the others, and keeps the jobs' states. */
  readonly events: PostgresConnection;
  close(): Promise<void>;
}

export async function openApiResources(settings: ApiSettings, logger: Logger): Promise<ApiResources> {
  const pool = openPool(settings.databaseUrl, logger);
  await migrate(pool);
  const queue = new NotesQueue(settings.databaseUrl, logger);
  const events = await connectPostgres({
    url: settings.databaseUrl,
    logger,
    onError: (error) => logger.warn({ err: error, jobId: error.jobId }, error.message),
  });
  return {
    pool,
    queue,
    events,
    close: async () => {
      await queue.close();
      await events.close();
      await pool.end();
    },
  };
}
