import type { JobFence } from '../store/job-state.js';
import type { JobRecord, UnfinishedJob } from '../store/job-record.js';
import type { ChangeQuery, CreationQuery, UnfinishedQuery } from '../store/job-store.js';
import { SET_BACK_MS } from '../store/list-records.js';
import { compareCreation } from '../store/record-order.js';
import type { KeptState, SharedStates, StateChange } from '../store/shared-states.js';
import type { Timing } from '../timing.js';
import { FINISHED, UNFINISHED } from './job-conditions.js';
import type { PostgresDatabase } from './postgres-database.js';
import { migrate } from './postgres-migrations.js';
import { pruneJobs } from './prune-jobs.js';

interface JobRow {
  readonly job_id: string;
  readonly revision: string;
  readonly fence: string;
  readonly record: string | null;
}

const MINUTE_MS = 60_000;
const NOW = `(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/** The states of jobs in one table of PostgreSQL, a row for each job. */
export class PostgresStates implements SharedStates {
  readonly #database: PostgresDatabase;
  readonly #prefix: string;
  readonly #stopPruning: () => void;
  #migrated: Promise<void> | undefined;

  constructor(database: PostgresDatabase, options: { prefix: string; keptForMs: number; timing: Timing; onPruneFailed: (error: unknown) => void }) {
    this.#database = database;
    this.#prefix = options.prefix;
    this.#stopPruning = pruneJobs(this.#query.bind(this), options);
  }

  async now(): Promise<number> {
    const [row] = await this.#query<{ now: string }>(`select ${NOW} as now`);
    return Number(row?.now);
  }

  async read(jobIds: readonly string[]): Promise<{ now: number; kept: ReadonlyMap<string, KeptState> }> {
    const rows = await this.#query<{ now: string } & (JobRow | { job_id: null })>(
      `select clock.now, job_id, revision, fence, record
       from (select ${NOW} as now) clock left join ${this.#prefix}jobs on job_id = any ($1)`,
      [jobIds],
    );
    const found = rows.filter((row): row is typeof row & JobRow => row.job_id !== null);
    return { now: Number(rows[0]?.now), kept: new Map(found.map((row) => [row.job_id, toKeptState(row)])) };
  }

  /**
   * One statement. It waits for no row: one that somebody else has locked, another batch or an administrator's transaction,
   * is not replaced, and does not hold up the others. Whoever changes it first changes its revision too.
   */
  async replace(changes: readonly StateChange[]): Promise<{ now: number; replaced: ReadonlySet<string> }> {
    const rows = changes.map(toColumns);
    const [answer] = await this.#query<{ now: string; replaced: string[] }>(
      `with clock as materialized (
         select ${NOW} as now
       ), change as (
         select * from unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::boolean[])
           as change (job_id, expected, revision, fence, user_id, status, created_at, changed_at, record, queue, held)
       ), locked as (
         select job_id from ${this.#prefix}jobs job join change using (job_id)
         where job.revision = change.expected order by job_id for update of job skip locked
       ), updated as (
         update ${this.#prefix}jobs job
         set (revision, touched_at, touched_minute, fence, user_id, status, created_at, changed_at, record, queue, held)
           = (change.revision, clock.now, clock.now / ${MINUTE_MS}, change.fence, change.user_id, change.status, change.created_at, change.changed_at, change.record, change.queue, change.held)
         from clock cross join change join locked using (job_id) where job.job_id = change.job_id
         returning job.job_id
       ), inserted as (
         insert into ${this.#prefix}jobs (job_id, revision, touched_at, touched_minute, fence, user_id, status, created_at, changed_at, record, queue, held)
         select job_id, revision, clock.now, clock.now / ${MINUTE_MS}, fence, user_id, status, created_at, changed_at, record, queue, held
         from clock cross join change where expected is null order by job_id
         on conflict do nothing
         returning job_id
       )
       select ${NOW} as now, array(select job_id from updated union all select job_id from inserted) as replaced`,
      COLUMNS.map((column) => rows.map((row) => row[column])),
    );
    return { now: Number(answer?.now), replaced: new Set(answer?.replaced) };
  }

  async get(jobIds: readonly string[]): Promise<readonly (JobRecord | undefined)[]> {
    const rows = await this.#query<{ job_id: string; record: string }>(
      `select job_id, record from ${this.#prefix}jobs where job_id = any ($1) and record is not null`,
      [jobIds],
    );
    const records = new Map(rows.map((row) => [row.job_id, toRecord(row)]));
    return jobIds.map((jobId) => records.get(jobId));
  }

  /** Goes along an index of what has not ended, and along one of what has, each from where the page begins. */
  async listByCreation({ userId, finishedAfter, before, limit }: CreationQuery): Promise<readonly JobRecord[]> {
    const since = new Date(Math.max(0, Math.floor(finishedAfter))).toISOString();
    const values = [userId, limit, Math.floor(finishedAfter), since, ...(before === undefined ? [] : [before.createdAt, before.jobId])];
    const walk = (range: string, kept = ''): string =>
      `(select record, created_at, job_id from ${this.#prefix}jobs
        where user_id = $1 and ${range} ${kept} ${before === undefined ? '' : 'and (created_at, job_id) < ($5 collate "C", $6 collate "C")'}
        order by created_at desc, job_id desc limit $2)`;
    const ask = async (found: string): Promise<JobRecord[]> =>
      (await this.#query<{ record: string }>(`select record from ${found} as page order by created_at desc, job_id desc limit $2`, values)).map(toRecord);

    const page = await ask(`(${walk(UNFINISHED)} union all ${walk(FINISHED, 'and created_at >= $4 and changed_at >= $3')})`);
    const last = page[limit - 1];
    if (last !== undefined && last.snapshot.createdAt >= since) return page;
    // What ran for so long that it was created before: few, and only the last pages come to them.
    const ids = new Set(page.map(({ snapshot }) => snapshot.jobId));
    const longRunning = await ask(walk(FINISHED, 'and created_at < $4 and changed_at >= $3'));
    return [...page, ...longRunning.filter(({ snapshot }) => !ids.has(snapshot.jobId))].sort((a, b) => compareCreation(b.snapshot, a.snapshot)).slice(0, limit);
  }

  async listChanged({ userId, changedSince, limit }: ChangeQuery): Promise<readonly JobRecord[]> {
    const rows = await this.#query<{ record: string }>(
      `select record from ${this.#prefix}jobs where user_id = $1 and changed_at >= $2 order by changed_at, job_id limit $3`,
      [userId, Math.floor(changedSince), limit],
    );
    return rows.map(toRecord);
  }

  /** Goes along an index on minutes, and sorts within each. */
  async listUnfinished({ untouchedForMs, limit, held = false, queue, after }: UnfinishedQuery): Promise<readonly UnfinishedJob[]> {
    const { touchedAt, jobId } = after ?? { touchedAt: -1, jobId: '' };
    const touched = (range: string): string =>
      `(select record, touched_at, job_id from ${this.#prefix}jobs
        where ${UNFINISHED} ${held ? 'and held' : ''} and ${range}
          and touched_minute >= $2::bigint / ${MINUTE_MS} and (touched_at, job_id) > ($2::bigint, $3 collate "C")
          and ($4::text is null or queue = $4)
        order by touched_minute, touched_at, job_id limit $5)`;
    const untouched = touched(`touched_minute <= (select now - $1::bigint from clock) / ${MINUTE_MS} and touched_at <= (select now - $1::bigint from clock)`);
    const setBack = touched(`touched_minute >= (select now from clock) / ${MINUTE_MS} and touched_at > (select now + ${SET_BACK_MS} from clock)`);
    const rows = await this.#query<{ record: string; touched_at: string }>(
      `with clock as materialized (
         select ${NOW} as now
       )
       select record, touched_at from (${untouchedForMs > 0 ? `${untouched} union all ${setBack}` : touched('$1::bigint <= 0')}) as found
       order by touched_at, job_id limit $5`,
      [Math.floor(untouchedForMs), touchedAt, jobId, queue ?? null, limit],
    );
    return rows.map((row) => ({ ...toRecord(row), touchedAt: Number(row.touched_at) }));
  }

  /** A lease that lasts for longer than it is taken for was taken before the clock was set back. */
  async takeLease(name: string, holder: string, forMs: number): Promise<boolean> {
    const taken = await this.#query(
      `insert into ${this.#prefix}leases as lease (name, holder, held_until) values ($1, $2, ${NOW} + $3::bigint)
       on conflict (name) do update set holder = excluded.holder, held_until = excluded.held_until
       where lease.holder = excluded.holder or lease.held_until <= ${NOW} or ($3::bigint > 0 and lease.held_until > excluded.held_until + ${SET_BACK_MS})
       returning 1`,
      [name, holder, Math.ceil(forMs)],
    );
    return taken.length > 0;
  }

  async close(): Promise<void> {
    this.#stopPruning();
  }

  async #query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    this.#migrated ??= migrate(this.#database, this.#prefix);
    try {
      await this.#migrated;
    } catch (error) {
      this.#migrated = undefined;
      throw error;
    }
    return this.#database.query<Row>(text, values);
  }
}

const COLUMNS = ['job_id', 'expected', 'revision', 'fence', 'user_id', 'status', 'created_at', 'changed_at', 'record', 'queue', 'held'] as const;

/** Record and fence of a row leave together, so its fence needs no mark. */
function toColumns({ jobId, expected, revision, state }: StateChange): Record<(typeof COLUMNS)[number], unknown> {
  const { record, fence } = state;
  return {
    job_id: jobId,
    expected: expected ?? null,
    revision,
    fence: JSON.stringify(fence ?? { epoch: 0 }),
    user_id: record?.userId ?? null,
    status: record?.snapshot.status ?? null,
    created_at: record?.snapshot.createdAt ?? null,
    changed_at: record?.changedAt === undefined ? null : Math.floor(record.changedAt),
    record: record === undefined ? null : JSON.stringify(record),
    queue: record?.queueJob?.queue ?? null,
    held: record?.run !== undefined,
  };
}

function toKeptState(row: JobRow): KeptState {
  const record = row.record === null ? undefined : toRecord({ record: row.record });
  const fence = JSON.parse(row.fence) as JobFence;
  return { state: record === undefined ? { fence } : { record, fence }, revision: row.revision };
}

const toRecord = ({ record }: { record: string }): JobRecord => JSON.parse(record) as JobRecord;
