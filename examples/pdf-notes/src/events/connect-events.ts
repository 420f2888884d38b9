import { type Broadcaster, type JobStore, type OnError, TieredJobStore } from '@notes/job-events-server';
import { connectPostgres } from '@notes/job-events-server/postgres';
import { connectRedis } from '@notes/job-events-server/redis';
import type { Logger } from 'pino';
import type { ServerOptions } from 'socket.io';
import { untilConnected } from './until-connected.js';

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

/**
 * Over PostgreSQL alone; where there is a Redis, it carries the events and answers for PostgreSQL, which decides. A Redis
 * that is away is waited for, as the queues do: a process that has to be started again meanwhile is there when Redis is.
 *
 * @throws the reason of `stopping` where it is aborted first.
 */
export async function connectEvents({ databaseUrl, redisUrl }: EventLocation, logger: Logger, stopping: AbortSignal): Promise<EventConnection> {
  const onError: OnError = (error) => logger.warn({ err: error, jobId: error.jobId }, error.message);
  const postgres = await connectPostgres({ url: databaseUrl, onError });
  if (redisUrl === undefined) return postgres;

  const redis = await untilConnected(() => connectRedis({ url: redisUrl, onError }), {
    signal: stopping,
    onFailure: (error) => logger.warn({ err: error }, 'Redis cannot be reached; this process begins its work when it answers'),
  });
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
