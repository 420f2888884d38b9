import type { ServerOptions } from 'socket.io';
import { BusAdapter } from '../cluster/bus-adapter.js';
import { createBroadcaster } from '../cluster/bus-broadcaster.js';
import type { Broadcaster } from '../broadcaster.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { realTiming } from '../timing.js';
import { PostgresBus } from './postgres-bus.js';
import { openPostgres, type PostgresLocation } from './postgres-database.js';
import { PostgresJobStore } from './postgres-job-store.js';
import { checkPrefix, DEFAULT_PREFIX } from './postgres-migrations.js';

export type ConnectPostgresOptions = PostgresLocation & {
  /** Hears of lost connections and events: they are opened again, and found by sync. Default: the console. */
  readonly onError?: OnError;
  /** The channel of NOTIFY, the same in all processes: lower-case letters, digits and _. Default: `job_events`. */
  readonly channel?: string;
  /** What the names of the tables begin with, after a schema if you like. Default: `job_events_`. */
  readonly tablePrefix?: string;
  /** Of the gateway, for `broadcaster`. Default: `/jobs`. */
  readonly namespace?: string;
};

export interface PostgresConnection {
  /** For a process with sockets: `new Server(http, { adapter })`. Works for every namespace. */
  readonly adapter: NonNullable<ServerOptions['adapter']>;
  /** For a process without: `new JobEventEmitterService({ broadcaster, store })`. */
  readonly broadcaster: Broadcaster;
  readonly store: PostgresJobStore;
  /** Sends what waits, then closes what was opened here; a pool of yours stays open. Idempotent. */
  close(): Promise<void>;
}

/**
 * Wires several processes over PostgreSQL: events by LISTEN and NOTIFY, states in a table. Every connection is
 * supervised: a lost one is reported to `onError` and opened again, and nothing here throws into the process. LISTEN
 * needs a connection of its own to the server, not one through a pooler in transaction mode.
 *
 * Resolves when the tables are there. Rejects, with `STORE_FAILED` or `INVALID_OPTIONS`, when they cannot be created or
 * PostgreSQL cannot be reached.
 *
 * @example
 * const { adapter, store } = await connectPostgres({ url: databaseUrl });
 * const io = new Server(http, { adapter });
 * const jobEvents = createJobEvents(io, { authenticate, store });
 */
export async function connectPostgres(options: ConnectPostgresOptions): Promise<PostgresConnection> {
  const { channel = 'job_events', tablePrefix = DEFAULT_PREFIX, namespace = '/jobs' } = options;
  const onError = guardedOnError(options.onError);
  checkPrefix(tablePrefix);
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(channel)) {
    throw new JobEventsServerError('INVALID_OPTIONS', `channel '${channel}': give lower-case letters, digits and _, at most 63.`);
  }
  const database = openPostgres(options, onError);
  const store = new PostgresJobStore({ database, tablePrefix, onError });
  const bus = new PostgresBus({ database, channel, tablePrefix, onError, timing: realTiming });
  const close = async (): Promise<void> => {
    await bus.close();
    await store.close();
    await database.close();
  };
  try {
    await store.now();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    // Socket.IO calls it with `new`, which an arrow function does not allow.
    adapter: function (namespace) {
      return new BusAdapter(namespace, bus);
    },
    broadcaster: createBroadcaster(bus, namespace),
    store,
    close,
  };
}
