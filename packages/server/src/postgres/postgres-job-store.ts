import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { SharedJobStore } from '../store/shared-job-store.js';
import { DAY_MS, FENCED_FOR_A_DAY, readMs } from '../store/store-options.js';
import { realTiming, type Timing } from '../timing.js';
import { openPostgres, type PostgresDatabase } from './postgres-database.js';
import { checkLocation, type PostgresLocation } from './postgres-location.js';
import { checkPrefix, DEFAULT_PREFIX } from './postgres-migrations.js';
import { PostgresStates } from './postgres-states.js';

export type PostgresJobStoreOptions = PostgresLocation & {
  /** What the names of the tables begin with, after a schema if you like. Default: `job_events_`. */
  readonly tablePrefix?: string;
  /** How long a job is kept after the last that was heard of it, in ms. Default: 30 days; at least 24 hours. */
  readonly keptForMs?: number;
  /** Hears of lost connections. They are opened again. Default: the console. */
  readonly onError?: OnError;
  readonly timing?: Timing;
};

/**
 * Keeps the states of jobs in PostgreSQL, for any number of processes. It creates its tables itself, at the first call;
 * processes that start at once do not get in each other's way. A batch of writes is one statement. The clock is the
 * database's.
 *
 * A call rejects with `STORE_FAILED` when PostgreSQL does not answer within 10 s or is broken; connections are opened
 * again by themselves.
 *
 * @example
 * const store = new PostgresJobStore({ url: databaseUrl });
 */
export class PostgresJobStore extends SharedJobStore {
  readonly #database: PostgresDatabase;

  constructor(options: PostgresJobStoreOptions) {
    checkLocation(options);
    const { tablePrefix = DEFAULT_PREFIX, timing = realTiming } = options;
    const onError = guardedOnError(options.onError);
    checkPrefix(tablePrefix);
    const keptForMs = readMs('keptForMs', options.keptForMs ?? 30 * DAY_MS, DAY_MS, FENCED_FOR_A_DAY);
    const database = openPostgres(options, onError);
    const onPruneFailed = (cause: unknown): void =>
      onError(new JobEventsServerError('STORE_FAILED', 'Old jobs could not be deleted; it is tried again in an hour.', { cause }));
    super('PostgreSQL', new PostgresStates(database, { prefix: tablePrefix, keptForMs, timing, onPruneFailed }), timing);
    this.#database = database;
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#database.close();
  }
}
