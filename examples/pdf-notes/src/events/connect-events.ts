import { connectPostgres } from '@notes/job-events-server/postgres';
import type { Logger } from 'pino';

export type EventConnection = Awaited<ReturnType<typeof connectEvents>>;

/** Carries events between the processes, and keeps the jobs' states, in the database that is there anyway. */
export const connectEvents = ({ databaseUrl }: { readonly databaseUrl: string }, logger: Logger) =>
  connectPostgres({
    url: databaseUrl,
    onError: (error) => logger.warn({ err: error, jobId: error.jobId }, error.message),
  });
