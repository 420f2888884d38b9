import { JobEventsError } from '@notes/job-events-protocol';
import type { ServerOptions } from 'socket.io';
import { BusAdapter } from '../cluster/bus-adapter.js';
import { createBroadcaster } from '../cluster/bus-broadcaster.js';
import type { Broadcaster } from '../broadcaster.js';
import { checkTimeout, Deadline } from '../deadline.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import { realTiming } from '../timing.js';
import { channelFor, claimInProcess } from './channel.js';
import { NotHeardError } from './listen-connection.js';
import { PostgresBus } from './postgres-bus.js';
import { openPostgres, type PostgresDatabase } from './postgres-database.js';
import { checkLocation, type PostgresLocation } from './postgres-location.js';
import { PostgresJobStore } from './postgres-job-store.js';
import { checkPrefix, DEFAULT_PREFIX, resolveTables } from './postgres-migrations.js';

const CLOSE_MS = 5_000;

export type ConnectPostgresOptions = PostgresLocation & {
  /**
   * Where the connection that listens goes, if not where the others do: to the server itself, or to a pooler in session
   * mode. Needed where `url` or `pool` leads through a pooler in transaction mode. `false`: this process does not listen,
   * and has no `adapter`; for workers behind such a pooler. Default: as `url` or `pool`.
   */
  readonly listenUrl?: string | false;
  /** Hears of lost connections, of their return, and of lost events, which are found by sync. Default: the console. */
  readonly onError?: OnError;
  /** The channel of NOTIFY, the same in all processes: lower-case letters, digits and _, at most 63. Default: follows from schema and `tablePrefix`. */
  readonly channel?: string;
  /** What the names of the tables begin with, after a schema if you like. Another application, another prefix. Default: `job_events_`. */
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
  /**
   * Sends what waits, then closes what was opened here; a pool of yours stays open. Takes at most `timeoutMs` in total, also
   * where the database has fallen silent; `onError` hears of what could not be sent. Default: 5 s. Idempotent.
   */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/**
 * Wires several processes over PostgreSQL: events by LISTEN and NOTIFY, states in a table. Every connection is
 * supervised: a lost one is reported to `onError` and opened again, its return is reported too, and nothing here throws
 * into the process. LISTEN needs a connection of its own to the server, not one through a pooler in transaction mode;
 * whether a NOTIFY arrives is tried at the start.
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
  checkLocation(options);
  const { channel, listenUrl, tablePrefix = DEFAULT_PREFIX, namespace = '/jobs' } = options;
  const onError = guardedOnError(options.onError);
  checkPrefix(tablePrefix);
  if (channel !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/.test(channel)) {
    throw new JobEventsServerError('INVALID_OPTIONS', `channel '${channel}': give lower-case letters, digits and _, at most 63.`);
  }
  const database = openPostgres(options, onError, { listenUrl: listenUrl === false ? undefined : listenUrl });
  try {
    const store = new PostgresJobStore({ database, tablePrefix, onError });
    await store.now();
    const resolved = await resolveTables(database, tablePrefix);
    return await wire({ database, store, channel: channel ?? channelFor(resolved.tables), ...resolved, namespace, listens: listenUrl !== false, onError });
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Wiring {
  readonly database: PostgresDatabase;
  readonly store: PostgresJobStore;
  readonly channel: string;
  readonly tablePrefix: string;
  readonly tables: string;
  readonly namespace: string;
  readonly listens: boolean;
  readonly onError: OnError;
}

async function wire({ store, namespace, listens, ...parts }: Wiring): Promise<PostgresConnection> {
  const { database, channel, tables } = parts;
  const release = claimInProcess(database.address.replace(/^[^@]*@/, ''), channel, tables);
  const bus = new PostgresBus({ ...parts, timing: realTiming });
  try {
    if (listens) await checkListening(bus);
  } catch (error) {
    release();
    throw error;
  }
  const close = async (timeoutMs: number): Promise<void> => {
    const deadline = new Deadline(timeoutMs, realTiming);
    await bus.close(deadline.leaving(0.2).remainingMs);
    await store.close();
    await database.close(deadline.remainingMs);
    release();
  };
  let closing: Promise<void> | undefined;
  return {
    // Socket.IO calls it with `new`, which an arrow function does not allow.
    adapter: function (namespace) {
      if (!listens) throw new JobEventsServerError('INVALID_OPTIONS', 'A process with listenUrl: false hears no events and has no adapter. Give a listenUrl where sockets are served.');
      return new BusAdapter(namespace, bus);
    },
    broadcaster: createBroadcaster(bus, namespace),
    store,
    close: ({ timeoutMs = CLOSE_MS } = {}) => (closing ??= close(checkTimeout('timeoutMs', timeoutMs))),
  };
}

async function checkListening(bus: PostgresBus): Promise<void> {
  try {
    await bus.checkListening();
  } catch (cause) {
    if (JobEventsError.isInstance(cause)) throw cause;
    if (cause instanceof NotHeardError) throw new JobEventsServerError('INVALID_OPTIONS', cause.message, { cause });
    throw new JobEventsServerError('STORE_FAILED', `The connection that listens to PostgreSQL could not be opened: ${messageOf(cause)}`, { cause });
  }
}
