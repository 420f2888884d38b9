import { type Broadcaster, type JobStore, type OnError, TieredJobStore } from '@notes/job-events-server';
import { connectPostgres } from '@notes/job-events-server/postgres';
import { connectRedis } from '@notes/job-events-server/redis';
import type { Logger } from 'pino';
import type { ServerOptions } from 'socket.io';

/** Carries events between the processes, and keeps the states of jobs. */
export interface EventConnection {
  readonly adapter: NonNullable<ServerOptions['adapter']>;
  readonly broadcaster: Broadcaster;
  readonly store: JobStore;
  close(): Promise<void>;
}

export interface EventLocation {
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
}

/** Over PostgreSQL alone; where there is a Redis, it carries the events and answers for PostgreSQL, which decides. */
export async function connectEvents({ databaseUrl, redisUrl }: EventLocation, logger: Logger): Promise<EventConnection> {
  const onError: OnError = (error) => logger.warn({ err: error, jobId: error.jobId }, error.message);
  const postgres = await connectPostgres({ url: databaseUrl, onError });
  if (redisUrl === undefined) return postgres;

  const redis = await connectRedis({ url: redisUrl, onError });
  const store = new TieredJobStore({ cache: redis.store, durable: postgres.store, onError });
  return {
    adapter: redis.adapter,
    broadcaster: redis.broadcaster,
    store,
    close: async () => {
      await store.close();
      await redis.close();
      await postgres.close();
    },
  };
}
