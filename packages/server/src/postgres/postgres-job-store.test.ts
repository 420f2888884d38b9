import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JobEventsServerError } from '../server-errors.js';
import { realTiming } from '../timing.js';
import type { JobRecord } from '../store/job-record.js';
import { pickByCreation } from '../store/list-records.js';
import { begin, newJob, shown, stateOf } from '../testing/job-store-case.js';
import { jobStoreCases } from '../testing/job-store-cases.js';
import { PostgresJobStore } from './postgres-job-store.js';

let server: PostgresServer;
let database: TestDatabase;
const opened: PostgresJobStore[] = [];

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
});
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
  await server[Symbol.asyncDispose]();
});

const open = (options: { pool: pg.Pool } | { url: string } = { url: database.url }): PostgresJobStore => {
  const store = new PostgresJobStore({ ...options, onError: () => {} });
  opened.push(store);
  return store;
};

/** Rows of ada's jobs, from what selects of each: job_id, status, and the times (ms) at which it was created, changed and touched. */
const fill = (into: TestDatabase, jobs: string): Promise<unknown> =>
  into.query(`insert into job_events_jobs (job_id, revision, touched_at, touched_minute, fence, user_id, status, created_at, changed_at, record)
    select job_id, gen_random_uuid(), touched, touched / 60000, '{"epoch":0}', 'ada', status, created_at, changed,
      json_build_object('userId', 'ada', 'changedAt', changed, 'snapshot', json_build_object('jobId', job_id, 'status', status, 'createdAt', created_at))
    from (select *, to_char(to_timestamp(created / 1000.0) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at from (${jobs}) as job (job_id, status, created, changed, touched)) as job`);

/** Ended jobs, one for each second before `at` (ms). */
const finished = (count: number, at: number): string => `select 'finished-' || n, 'completed', ${at}::bigint - n * 1000, ${at}::bigint - n * 1000, ${at}::bigint - n * 1000 from generate_series(1, ${count}) n`;

describe('PostgresJobStore conforms', () => {
  const forget = async (jobIds: readonly string[]) => void (await database.query('delete from job_events_jobs where job_id = any ($1)', [jobIds]));
  for (const { title, run } of jobStoreCases) it(title, () => run(() => open(), { forget }));
});

describe('PostgresJobStore', () => {
  it('writes a batch in one statement', async () => {
    const pool = new pg.Pool({ connectionString: database.url });
    const store = open({ pool });
    const jobs = Array.from({ length: 100 }, (_, index) => ({ store, jobId: `batch-${index}`, userId: 'ada' }));
    const runs = await Promise.all(jobs.map((job) => begin(job)));
    const checkOut = vi.spyOn(pool, 'connect');
    const results = await store.write(jobs.map(({ jobId, userId }, index) => ({ userId, by: 'run' as const, snapshot: stateOf(jobId, 'active', [1, runs[index]!.epoch, 2]) })));
    expect(results.every(({ outcome }) => outcome === 'stored')).toBe(true);
    expect(checkOut).toHaveBeenCalledTimes(1);
    await pool.end();
  });

  it('rejects while its connections are ended, and goes on by itself', async () => {
    const errors: JobEventsServerError[] = [];
    const store = new PostgresJobStore({ url: database.url, onError: (error) => errors.push(error) });
    opened.push(store);
    const job = { store, jobId: 'ended-connections', userId: 'ada' };
    await store.insert(newJob(job));
    await database.terminateConnections();
    await vi.waitFor(() => expect(errors.map(({ code }) => code)).toContain('CONNECTION_LOST'));
    await vi.waitFor(() => store.now());
    expect((await shown(job)).snapshot.status).toBe('queued');
  });

  it('stores the other jobs of a batch while somebody else keeps the row of one locked, and that one afterwards', async () => {
    const store = open();
    const jobs = ['locked', 'free'].map((name) => ({ store, jobId: `row-${name}`, userId: 'ada' }));
    const runs = await Promise.all(jobs.map((job) => begin(job)));
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query(`begin; select from job_events_jobs where job_id = 'row-locked' for update`);
    const settled: string[] = [];
    const writes = jobs.map(async ({ jobId, userId }, index) => {
      await store.write([{ userId, by: 'run', snapshot: stateOf(jobId, 'active', [1, runs[index]!.epoch, 2]) }]);
      settled.push(jobId);
    });
    await writes[1];
    expect(settled).toEqual(['row-free']);
    await admin.query('rollback');
    await admin.end();
    await writes[0];
    expect(settled).toEqual(['row-free', 'row-locked']);
  });

  it('answers the other runs of a worker, whose heartbeats come in one batch, while somebody else keeps the row of one locked', async () => {
    const store = open();
    const jobs = ['locked', 'asked', 'free'].map((name) => ({ store, jobId: `beat-${name}`, userId: 'ada' }));
    const runs = await Promise.all(jobs.map((job) => begin(job)));
    await store.cancel('beat-asked', { silentAfterMs: 30_000, timestamp: new Date().toISOString() });
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query(`begin; select from job_events_jobs where job_id = 'beat-locked' for update`);
    const beats = jobs.map(({ jobId }, index) => ({ jobId, epoch: runs[index]!.epoch }));
    expect(await store.heartbeat(beats)).toEqual([
      { outcome: 'failed', cause: expect.objectContaining({ code: 'STORE_FAILED' }) },
      { outcome: 'alive', cancelRequested: true },
      { outcome: 'alive', cancelRequested: false },
    ]);
    await expect(store.heartbeat(beats.slice(0, 1))).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('locked') });
    await admin.query('rollback');
    await admin.end();
    expect((await store.heartbeat(beats)).map(({ outcome }) => outcome)).toEqual(['alive', 'alive', 'alive']);
  });

  it('lets another process have a lease, and lists a silent run, from before the clock of the database was set back', async () => {
    const store = open();
    const { record } = await begin({ store, jobId: 'set-back', userId: 'ada' });
    expect(await store.takeLease('set-back', 'dead', 30_000)).toBe(true);
    const later = (record.run!.aliveAt + 3_600_000).toString();
    await database.query(`update job_events_leases set held_until = held_until + 3_600_000 where name = 'set-back'`);
    await database.query(`update job_events_jobs set touched_at = ${later}, touched_minute = ${later} / 60000 where job_id = 'set-back'`);
    expect(await store.takeLease('set-back', 'living', 30_000)).toBe(true);
    expect(await store.takeLease('set-back', 'dead', 30_000)).toBe(false);
    expect((await store.listUnfinished({ held: true, untouchedForMs: 30_000, limit: 1_000 })).map(({ snapshot }) => snapshot.jobId)).toContain('set-back');
  });

  it('finds the jobs that a run holds in a database from before they were marked', async () => {
    const other = await server.createDatabase();
    const before = open({ url: other.url });
    await begin({ store: before, jobId: 'held', userId: 'ada' });
    await before.insert(newJob({ jobId: 'waits', userId: 'ada' }));
    await other.query('alter table job_events_jobs drop column held; delete from job_events_migrations where version >= 4; drop index job_events_kept_messages_place_idx');
    const after = open({ url: other.url });
    expect((await after.listUnfinished({ held: true, untouchedForMs: 0, limit: 10 })).map(({ snapshot }) => snapshot.jobId)).toEqual(['held']);
  });

  it.each(['repeatable read', 'serializable'])('starts, and decides for several processes, in a database whose transactions are %s by default', async (level) => {
    await using strict = await server.createDatabase();
    await strict.query(`alter database ${strict.name} set default_transaction_isolation = '${level}'`);
    const pool = new pg.Pool({ connectionString: strict.url });
    const stores = [{ url: strict.url }, { url: strict.url }, { pool }, { pool }].map((location) => new PostgresJobStore(location));
    const jobIds = Array.from({ length: 20 }, (_, index) => `job-${index}`);
    const epochs: number[] = [];
    for (let round = 0; round < 5; round++) {
      const taken = await Promise.all(stores.flatMap((each) => jobIds.map((jobId) => each.takeEpoch(jobId))));
      epochs.push(...taken.filter((_, index) => index % jobIds.length === 0).map(({ epoch }) => epoch));
    }
    expect(new Set(epochs).size).toBe(epochs.length);
    await Promise.all(stores.map((each) => each.close()));
    await pool.end();
  });

  it('says why it rejects', async () => {
    const store = open({ url: 'postgres://127.0.0.1:1/none' });
    await expect(store.get(['job'])).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('keeps its tables where it is told', async () => {
    await database.query('create schema events');
    const store = new PostgresJobStore({ url: database.url, tablePrefix: 'events.watch_' });
    opened.push(store);
    await store.insert(newJob({ jobId: 'elsewhere', userId: 'ada' }));
    expect(await database.query('select job_id from events.watch_jobs')).toEqual([{ job_id: 'elsewhere' }]);
  });

  it('deletes what nobody has touched for as long as it is kept', async () => {
    const timers: (() => void)[] = [];
    const timing = { ...realTiming, setTimeout: (callback: () => void) => timers.push(callback) };
    const other = await server.createDatabase();
    const store = new PostgresJobStore({ url: other.url, keptForMs: 86_400_000, timing });
    opened.push(store);
    for (const jobId of ['old', 'young']) await store.insert(newJob({ jobId, userId: 'ada' }));
    await other.query(`update job_events_jobs set touched_at = touched_at - 86_400_001, touched_minute = (touched_at - 86_400_001) / 60000 where job_id = 'old'`);
    // More than one batch; the first ones are just not due.
    await fill(other, finished(3_000, (await store.now()) - 86_340_000));
    timers[0]!();
    await vi.waitFor(async () => {
      const left = (await other.query<{ job_id: string }>('select job_id from job_events_jobs order by job_id')).map(({ job_id: jobId }) => jobId);
      expect(left.length).toBeLessThan(100);
      expect(left).toEqual(expect.arrayContaining(['finished-1', 'young']));
    });
  });

  it('lists a user’s jobs page by page as the list is specified, whenever each was created and ended', async () => {
    const other = await server.createDatabase();
    const store = open({ url: other.url });
    await store.insert(newJob({ jobId: 'first', userId: 'ada' }));
    const now = await store.now();
    // Created and ended within an hour, at random; one in five has not ended.
    await fill(other, `select 'job-' || n, case when n % 5 = 0 then 'active' else 'completed' end, created, created + (random() * 600000)::bigint, ${now}::bigint
      from (select n, ${now} - (random() * 3600000)::bigint as created from generate_series(1, 500) n) job`);
    const all = (await other.query<{ record: string }>(`select record from job_events_jobs where record is not null`)).map(({ record }) => JSON.parse(record) as JobRecord);
    for (const finishedAfter of [0, now - 1_800_000, now - 600_000, now + 3_600_000]) {
      const listed: string[] = [];
      let before: { createdAt: string; jobId: string } | undefined;
      do {
        const page = await store.listByCreation({ userId: 'ada', finishedAfter, limit: 37, ...(before && { before }) });
        listed.push(...page.map(({ snapshot }) => snapshot.jobId));
        before = page.length < 37 ? undefined : page.at(-1)!.snapshot;
      } while (before !== undefined);
      expect(listed).toEqual(pickByCreation(all, { userId: 'ada', finishedAfter, limit: 1_000 }).map(({ snapshot }) => snapshot.jobId));
    }
  });

  it('reads no more rows for a page of a list than it shows, also for the last one of many', async () => {
    const other = await server.createDatabase();
    const pool = new pg.Pool({ connectionString: other.url, max: 1 });
    const store = open({ pool });
    await store.insert(newJob({ jobId: 'first', userId: 'ada' }));
    await fill(other, finished(20_000, await store.now()));
    await other.query('vacuum analyze job_events_jobs');
    const rowsRead = async (): Promise<number> => {
      await pool.query('select pg_stat_force_next_flush()');
      const { rows } = await pool.query<{ read: string }>(`select seq_tup_read + idx_tup_fetch as read from pg_stat_user_tables where relname = 'job_events_jobs'`);
      return Number(rows[0]?.read);
    };
    const before = await rowsRead();
    const last = { createdAt: new Date((await store.now()) - 19_900_000).toISOString(), jobId: '' };
    for (const query of [{}, { before: last }]) expect(await store.listByCreation({ userId: 'ada', finishedAfter: 0, limit: 50, ...query })).toHaveLength(50);
    expect((await rowsRead()) - before).toBeLessThan(400);
    await pool.end();
  });

});
