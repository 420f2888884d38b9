import pg from 'pg';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import type { PostgresDatabase } from './postgres-database.js';

export const DEFAULT_PREFIX = 'job_events_';

/** Lower-case, because it stands in SQL without quotes. */
const PREFIX = /^([a-z_][a-z0-9_]{0,30}\.)?[a-z_][a-z0-9_]{0,30}$/;

/** Refuses what cannot be the beginning of a table's name, with a schema or without. */
export function checkPrefix(prefix: string): void {
  if (!PREFIX.test(prefix)) {
    throw new JobEventsServerError('INVALID_OPTIONS', `tablePrefix '${prefix}': give lower-case letters, digits and _, at most 31, such as '${DEFAULT_PREFIX}' or 'my_schema.${DEFAULT_PREFIX}'.`);
  }
}

/**
 * What is done once for each database, in order. A migration that has been published is never changed, only followed.
 * JSON is kept as text: `jsonb` refuses \u0000, and one such message would refuse the whole batch it comes in.
 * Ids and times are compared by bytes, not by the database's language.
 */
const migrations = (prefix: string): readonly string[] => [
  `create table ${prefix}jobs (
     job_id text collate "C" primary key,
     revision uuid not null,
     touched_at bigint not null,
     fence text not null,
     user_id text collate "C",
     status text,
     created_at text collate "C",
     changed_at bigint,
     record text
   );
   create index on ${prefix}jobs (user_id, changed_at);
   create index on ${prefix}jobs (user_id) where status in ('queued', 'active', 'retrying');
   create table ${prefix}large_messages (
     id uuid primary key,
     sent_at timestamptz not null default now(),
     body text not null
   );`,
  // Commands are kept too, in the order in which they were sent, for those who were not listening.
  `alter table ${prefix}large_messages rename to ${prefix.replace(/^.*\./, '')}kept_messages;
   alter table ${prefix}kept_messages
     add column place bigint generated always as identity,
     add column sender uuid,
     add column is_command boolean not null default false;
   create index on ${prefix}kept_messages (sent_at);`,
  // For supervision. The minute is indexed, not the millisecond: most heartbeats then change no indexed column, and stay
  // within their page (HOT).
  `alter table ${prefix}jobs
     add column touched_minute bigint not null default 0,
     add column queue text collate "C";
   update ${prefix}jobs set touched_minute = touched_at / 60000 where status in ('queued', 'active', 'retrying');
   create index on ${prefix}jobs (touched_minute) where status in ('queued', 'active', 'retrying');
   create table ${prefix}leases (
     name text collate "C" primary key,
     holder text not null,
     held_until bigint not null
   );`,
  // Supervision reads the jobs that a run holds, which are few among those that wait. Whoever reads checks what it finds.
  `alter table ${prefix}jobs add column held boolean not null default false;
   update ${prefix}jobs set held = true where status = 'active' and record like '%"run":{"epoch":%';
   create index on ${prefix}jobs (touched_minute) where status in ('queued', 'active', 'retrying') and held;
   create index on ${prefix}kept_messages (place);`,
  // A page of a user's list and a round of pruning each go along an index, however many jobs there are.
  `create index on ${prefix}jobs (user_id, created_at, job_id) where status in ('queued', 'active', 'retrying');
   create index on ${prefix}jobs (user_id, created_at, job_id) where (status in ('queued', 'active', 'retrying')) is not true;
   create index on ${prefix}jobs (user_id, changed_at, created_at);
   create index on ${prefix}jobs (touched_at) where (status in ('queued', 'active', 'retrying')) is not true;
   drop index if exists ${prefix}jobs_user_id_idx;
   drop index if exists ${prefix}jobs_user_id_changed_at_idx;`,
];

/** How long what creates tables and indexes may take; on large tables that is long. */
const MIGRATION_LIMITS = { statementMs: 600_000, lockMs: 0 };
/** While a migration waits for a table, whoever wants that table waits behind it. */
const TABLE_LOCK_MS = 2_000;
const MOST_TRIES = 10;

/**
 * Creates what is missing. Several processes may do so at once: one does, the others wait for it. What is complete already
 * needs no right to create.
 */
export async function migrate(database: PostgresDatabase, prefix: string): Promise<void> {
  const wanted = migrations(prefix);
  if ((await currentVersion(database, prefix)) >= wanted.length) return;
  for (let tries = 1; ; tries++) {
    try {
      await applyAll(database, prefix, wanted);
      return;
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === INSUFFICIENT_PRIVILEGE) throw await missingRight(database, prefix, error);
      if (code !== LOCK_NOT_AVAILABLE || tries === MOST_TRIES) throw error;
    }
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';
const LOCK_NOT_AVAILABLE = '55P03';

/** One text without parameters is one transaction. */
async function applyAll(database: PostgresDatabase, prefix: string, wanted: readonly string[]): Promise<void> {
  await database.query([
    `select pg_advisory_xact_lock(hashtextextended('${prefix}migrations', 0))`,
    `set local lock_timeout = ${TABLE_LOCK_MS}`,
    `create table if not exists ${prefix}migrations (version integer primary key, applied_at timestamptz not null default now())`,
    ...wanted.map((migration, index) => onlyOnce(prefix, index + 1, migration)),
  ].join(';\n'), [], MIGRATION_LIMITS);
}

async function missingRight(database: PostgresDatabase, prefix: string, cause: unknown): Promise<Error> {
  const [row] = await database.query<{ role: string; name: string }>('select current_user as role, current_database() as name');
  return new JobEventsServerError(
    'STORE_FAILED',
    `The role '${row?.role}' may not create or change the tables ${prefix}* in the database '${row?.name}' (${messageOf(cause)}). Start one process once with a role that may, such as the owner of the schema, and grant this one select, insert, update and delete on them.`,
    { cause },
  );
}

export interface ResolvedTables {
  /** With the schema in which they were found: `schema.prefix`. */
  readonly tables: string;
  /** The same as it stands in SQL: a connection whose `search_path` is another finds them too. */
  readonly tablePrefix: string;
}

/** Finds the tables of a prefix, as the connections of the pool do. */
export async function resolveTables(database: PostgresDatabase, prefix: string): Promise<ResolvedTables> {
  const [row] = await database.query<{ schema: string }>(
    'select n.nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)',
    [`${prefix}jobs`],
  );
  const [schema, name] = [row?.schema ?? '', prefix.replace(/^.*\./, '')];
  return { tables: `${schema}.${name}`, tablePrefix: `${pg.escapeIdentifier(schema)}.${name}` };
}

const onlyOnce = (prefix: string, version: number, migration: string): string => `do $migration$ begin
  if not exists (select from ${prefix}migrations where version = ${version}) then
    ${migration}
    insert into ${prefix}migrations (version) values (${version});
  end if;
end $migration$`;

/** One character that the database cannot hold, such as an emoji in a message, would refuse all that is written with it. */
function checkEncoding(encoding = 'UTF8'): void {
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return;
  throw new JobEventsServerError('INVALID_OPTIONS', `The database has the encoding ${encoding}, which cannot hold every text that a job may have. Give one that was made with: create database … encoding 'UTF8' template template0.`);
}

async function currentVersion(database: PostgresDatabase, prefix: string): Promise<number> {
  const [found] = await database.query<{ exists: boolean; encoding: string }>(`select to_regclass($1) is not null as exists, current_setting('server_encoding') as encoding`, [`${prefix}migrations`]);
  checkEncoding(found?.encoding);
  if (!found?.exists) return 0;
  const [row] = await database.query<{ version: number | null }>(`select max(version) as version from ${prefix}migrations`);
  return row?.version ?? 0;
}
