import { applySnapshot, compareVersions, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { describeWith, startPostgres, startRedis, type PostgresServer, type RedisServer, type TestDatabase } from '@notes/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { JobEventEmitterService } from '../emitter/index.js';
import { ShiftedTiming } from '../../tests/shifted-timing.js';
import { PostgresJobStore } from '../postgres/index.js';
import { RedisJobStore } from '../redis/index.js';
import type { JobEventsServerError } from '../server-errors.js';
import { begin, newJob, SAID_AT, shown, stateOf, write } from '../testing/job-store-case.js';
import { jobStoreCases } from '../testing/job-store-cases.js';
import type { JobStore } from './job-store.js';
import { MemoryJobStore } from './memory-job-store.js';
import { TieredJobStore } from './tiered-job-store.js';

describe('TieredJobStore conforms, in memory', () => {
  const timing = new ShiftedTiming();
  const store = new TieredJobStore({ cache: new MemoryJobStore(), durable: new MemoryJobStore({ timing }) });
  // The durable store forgets, the cache does not hear of it.
  const forget = async () => timing.shift(86_400_001);
  for (const { title, run } of jobStoreCases) it(title, () => run(() => store, { forget }));
});

describeWith(['redis'], 'TieredJobStore conforms, Redis before PostgreSQL', () => {
  let postgres: PostgresServer;
  let database: TestDatabase;
  let redis: RedisServer;
  const stores: TieredJobStore[] = [];
  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    database = await postgres.createDatabase();
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await Promise.all([postgres[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()]);
  });
  const open = (): TieredJobStore => {
    const store = new TieredJobStore({ cache: new RedisJobStore({ url: redis.url }), durable: new PostgresJobStore({ url: database.url }) });
    stores.push(store);
    return store;
  };
  const forget = async (jobIds: readonly string[]) => void (await database.query('delete from job_events_jobs where job_id = any ($1)', [jobIds]));
  for (const { title, run } of jobStoreCases) it(title, () => run(open, { forget }));
});

/** A store that can be taken away, or be silent. */
function breakable<Store extends JobStore>(store: Store) {
  const unanswered: (() => void)[] = [];
  const state = {
    isAway: false,
    isSilent: false,
    calls: [] as string[],
    /** What was asked while it was silent is answered now. */
    answer: () => {
      state.isSilent = false;
      for (const answer of unanswered.splice(0)) answer();
    },
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name in state) return state[name as keyof typeof state];
      const method = target[name as keyof Store] as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        state.calls.push(String(name));
        if (state.isSilent) return new Promise((resolve) => unanswered.push(() => resolve(method.apply(target, args))));
        return state.isAway ? Promise.reject(new Error('It is away.')) : method.apply(target, args);
      };
    },
    set: (_target, name, value) => Reflect.set(state, name, value),
  }) as Store & typeof state;
}

async function passing(timing: ManualTiming, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    timing.advance(50);
    await new Promise(setImmediate);
  }
}

function tiered() {
  const timing = new ManualTiming();
  const cache = breakable(new MemoryJobStore({ timing }));
  const durable = breakable(new MemoryJobStore({ timing }));
  const errors: JobEventsServerError[] = [];
  const store = new TieredJobStore({ cache, durable, timing, onError: (error) => errors.push(error) });
  return { timing, cache, durable, store, errors, subject: { store, jobId: 'job', userId: 'ada' } };
}

describe('TieredJobStore', () => {
  it('two reporters of two processes, by turns: the last progress is stored under a version of its own, and read', async () => {
    const timing = new ManualTiming();
    const cache = new MemoryJobStore({ timing });
    const durable = new MemoryJobStore({ timing });
    const seen: AnyJobSnapshot[] = [];
    const broadcaster = { to: () => ({ emit: (_event: string, snapshot: unknown) => void seen.push(snapshot as AnyJobSnapshot) }) };
    const emitters = [1, 2].map(() => {
      const store = new TieredJobStore({ cache, durable, timing });
      return new JobEventEmitterService({ broadcaster, store, timing, throttle: { intervalMs: 0 } });
    });
    for (let turn = 1; turn <= 12; turn++) {
      await emitters[turn % 2]!.emitProgress({ jobId: 'job', userId: 'ada', stage: `S${turn}`, progress: turn * 8 });
      await passing(timing, 150);
    }
    await passing(timing, 15_000);
    const shownTo = (snapshots: readonly AnyJobSnapshot[]) => snapshots.reduce<AnyJobSnapshot | undefined>(applySnapshot, undefined);
    const live = shownTo(seen);
    const reader = new TieredJobStore({ cache, durable, timing });
    const [read] = await reader.get(['job']);
    expect(read?.snapshot.progress).toBe(96);
    // As a client that syncs sees it, which is sent what is newer than what it names.
    const synced = compareVersions(read!.snapshot.version, live!.version) > 0 ? applySnapshot(live, read!.snapshot) : live;
    expect(synced).toMatchObject({ stage: 'S12', progress: 96 });
    expect((await durable.get(['job']))[0]?.snapshot.progress).toBe(96);
    await Promise.all(emitters.map((emitter) => emitter.close()));
  });

  it('keeps progress in the cache and writes the newest of it to the durable store within 5 s', async () => {
    const { subject, durable, timing } = tiered();
    const { epoch } = await begin(subject);
    durable.calls = [];
    for (let seq = 2; seq <= 20; seq++) await write(subject, stateOf('job', 'active', [1, epoch, seq], { progress: seq }));
    expect((await shown(subject)).snapshot.progress).toBe(20);
    expect(durable.calls).toEqual([]);
    timing.advance(5_000);
    await expect.poll(async () => (await shown({ store: durable, jobId: 'job' })).snapshot.progress).toBe(20);
    expect(durable.calls.filter((call) => call === 'write')).toHaveLength(1);
  });

  it('shows nobody what its cache still has of a former owner', async () => {
    const { subject, cache, durable, store } = tiered();
    const former = { ...subject, store: cache };
    const { epoch } = await begin(former);
    await write(former, stateOf('job', 'completed', [1, epoch, 2]));
    await durable.insert(newJob({ jobId: 'job', userId: 'bob' }));
    cache.isAway = true;
    const list = (userId: string) => store.listByCreation({ userId, finishedAfter: 0, limit: 10 });
    await list('bob');
    cache.isAway = false;
    expect((await list('bob')).map(({ userId, snapshot }) => [userId, snapshot.status])).toEqual([['bob', 'queued']]);
    expect((await store.listChanged({ userId: 'bob', changedSince: 0, limit: 10 })).map(({ userId }) => userId)).toEqual(['bob']);
    expect(await list('ada')).toEqual([]);
    expect((await store.listUnfinished({ untouchedForMs: 0, limit: 10 })).map(({ userId }) => userId)).toEqual(['bob']);
  });

  it('writes the last progress before it closes', async () => {
    const { subject, durable, store } = tiered();
    const { epoch } = await begin(subject);
    await write(subject, stateOf('job', 'active', [1, epoch, 2], { progress: 33 }));
    await store.close();
    expect((await shown({ store: durable, jobId: 'job' })).snapshot.progress).toBe(33);
  });

  it('reads from the cache for 10 s, then checks what it says', async () => {
    const { subject, durable, timing } = tiered();
    await begin(subject);
    durable.calls = [];
    timing.advance(9_999);
    await shown(subject);
    expect(durable.calls).toEqual([]);
    await durable.begin({ ...newJob(subject), attempt: 1, rerun: false, stage: 'INITIALIZING' });
    timing.advance(1);
    expect((await shown(subject)).snapshot.version[0]).toBe(2);
  });

  it('believes no run that the durable store knows to be overtaken, even where the cache has forgotten', async () => {
    const { subject, cache, timing } = tiered();
    const overtaken = await begin(subject);
    await begin(subject);
    timing.advance(86_400_001);
    expect(await cache.get(['job'])).toEqual([undefined]);
    await begin(subject);
    expect(await write(subject, stateOf('job', 'completed', [1, overtaken.epoch, 9]))).toMatchObject({ outcome: 'stale-run' });
  });

  it('works without its cache, and says so once', async () => {
    const { subject, cache, errors } = tiered();
    cache.isAway = true;
    const { epoch } = await begin(subject);
    expect(await write(subject, stateOf('job', 'active', [1, epoch, 2]))).toMatchObject({ outcome: 'stored' });
    expect((await shown(subject)).snapshot.progress).toBe(50);
    cache.isAway = false;
    expect(await write(subject, stateOf('job', 'completed', [1, epoch, 3]))).toMatchObject({ outcome: 'stored' });
    expect((await shown({ store: cache, jobId: 'job' })).snapshot.status).toBe('completed');
    await shown(subject);
    expect(errors.map(({ code, store }) => [code, store])).toEqual([['STORE_FAILED', 'cache'], ['STORE_RESTORED', 'cache']]);
  });

  it('reports a cache that answers reads and refuses writes once, and its return once', async () => {
    const { subject, cache, timing, errors } = tiered();
    const { epoch } = await begin(subject);
    const refusing = new Error('READONLY');
    const { write: takes, mirror } = cache;
    Object.assign(cache, { write: () => Promise.reject(refusing), mirror: () => Promise.reject(refusing) });
    for (let seq = 2; seq <= 40; seq++) {
      await write(subject, stateOf('job', 'active', [1, epoch, seq], { progress: seq }));
      await shown(subject);
      timing.advance(250);
      await new Promise(setImmediate);
    }
    expect(errors.map(({ code, cause }) => [code, cause])).toEqual([['STORE_FAILED', refusing]]);
    Object.assign(cache, { write: takes, mirror });
    timing.advance(1_000);
    await new Promise(setImmediate);
    await write(subject, stateOf('job', 'completed', [1, epoch, 41]));
    expect(errors.map(({ code }) => code)).toEqual(['STORE_FAILED', 'STORE_RESTORED']);
    expect((await shown({ store: cache, jobId: 'job' })).snapshot.status).toBe('completed');
  });

  it('waits once, for a second, for a cache that is silent, then reads and writes without it until it answers', async () => {
    const { subject, cache, timing, errors } = tiered();
    const { epoch } = await begin(subject);
    cache.isSilent = true;
    const reading = shown(subject);
    await new Promise(setImmediate);
    timing.advance(1_000);
    expect((await reading).snapshot.status).toBe('active');
    // No time passes from here on: whoever waited for the cache would wait for ever.
    cache.calls = [];
    expect(await write(subject, stateOf('job', 'active', [1, epoch, 2], { progress: 70 }))).toMatchObject({ outcome: 'stored' });
    expect((await shown(subject)).snapshot.progress).toBe(70);
    expect(cache.calls).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(['STORE_FAILED']);
    cache.answer();
    await new Promise(setImmediate);
    await shown(subject);
    expect(cache.calls).toContain('get');
  });

  it('asks a cache that never answered what it was asked again, every 5 s', async () => {
    const { subject, cache, timing } = tiered();
    await begin(subject);
    cache.isSilent = true;
    void shown(subject);
    await new Promise(setImmediate);
    timing.advance(1_000);
    cache.isSilent = false;
    cache.calls = [];
    timing.advance(4_900);
    await shown(subject);
    expect(cache.calls).toEqual([]);
    timing.advance(100);
    await shown(subject);
    expect(cache.calls).toContain('get');
  });

  it('tells a cache that is back within a second what was decided without it, unasked', async () => {
    const { subject, cache, timing, store } = tiered();
    const { epoch } = await begin(subject);
    cache.isAway = true;
    await write(subject, stateOf('job', 'retrying', [1, epoch, 2]));
    timing.advance(1_000);
    await write(subject, stateOf('job', 'completed', [1, epoch, 3]));
    await expect.poll(() => timing.pending).toBeGreaterThan(0);
    cache.isAway = false;
    // Somebody else believes what the cache says.
    expect((await shown({ store: cache, jobId: 'job' })).snapshot.status).toBe('active');
    timing.advance(1_000);
    await expect.poll(async () => (await shown({ store: cache, jobId: 'job' })).snapshot.status).toBe('completed');
    await store.close();
    expect(timing.pending).toBe(0);
  });

  it('shows progress without its durable store, decides no end without it, and loses nothing', async () => {
    const { subject, durable, timing, store } = tiered();
    const { epoch } = await begin(subject);
    durable.isAway = true;
    expect(await write(subject, stateOf('job', 'active', [1, epoch, 2], { progress: 70 }))).toMatchObject({ outcome: 'stored' });
    timing.advance(60_000);
    expect((await shown(subject)).snapshot.progress).toBe(70);
    await expect(write(subject, stateOf('job', 'completed', [1, epoch, 3]))).rejects.toThrow('away');
    await expect(store.begin({ ...newJob(subject), attempt: 1, rerun: false, stage: 'INITIALIZING' })).rejects.toThrow('away');
    durable.isAway = false;
    timing.advance(5_000);
    await expect.poll(async () => (await shown({ store: durable, jobId: 'job' })).snapshot.progress).toBe(70);
  });

  it('says once that progress does not get to its durable store, and again when that is lost as it closes', async () => {
    const { subject, durable, timing, store, errors } = tiered();
    const { epoch } = await begin(subject);
    durable.isAway = true;
    for (let seq = 2; seq <= 4; seq++) {
      await write(subject, stateOf('job', 'active', [1, epoch, seq]));
      timing.advance(5_000);
      await new Promise(setImmediate);
    }
    expect(errors.map(({ code }) => code)).toEqual(['STORE_FAILED']);
    await store.close().catch(() => undefined);
    expect(errors.map(({ code }) => code)).toEqual(['STORE_FAILED', 'STORE_FAILED']);
  });

  it('waits 5 s for a durable store that is silent as it closes, then says that the last progress is not written', async () => {
    const timing = new ManualTiming();
    const durable = new MemoryJobStore({ timing });
    const codes: string[] = [];
    const store = new TieredJobStore({ cache: new MemoryJobStore({ timing }), durable, timing, onError: ({ code }) => codes.push(code) });
    const { epoch } = await begin({ store, jobId: 'job', userId: 'ada' });
    await write({ store, userId: 'ada' }, stateOf('job', 'active', [1, epoch, 2]));
    durable.write = () => new Promise(() => undefined);
    let isClosed = false;
    const closing = store.close().then(() => (isClosed = true));
    timing.advance(4_999);
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    timing.advance(1);
    await closing;
    expect(codes).toEqual(['STORE_FAILED']);
  });

  it('shows what is cached while the durable store is away or silent, within a second, and reports that once', async () => {
    const { subject, durable, timing, errors } = tiered();
    await begin(subject);
    durable.isAway = true;
    timing.advance(10_000);
    for (let question = 0; question < 3; question++) expect((await shown(subject)).snapshot.status).toBe('active');
    expect(errors.map(({ code }) => code)).toEqual(['STORE_FAILED']);
    durable.isAway = false;
    await shown(subject);
    timing.advance(10_000);
    durable.get = () => new Promise(() => undefined);
    const asking = shown(subject);
    await new Promise(setImmediate);
    timing.advance(1_000);
    expect((await asking).snapshot.status).toBe('active');
    expect(errors.map(({ code, store }) => [code, store])).toEqual(['STORE_FAILED', 'STORE_RESTORED', 'STORE_FAILED'].map((code) => [code, 'durable store']));
  });

  it('takes progress of other jobs while the durable store cannot decide what one says first', async () => {
    const { subject, store, durable } = tiered();
    const { epoch } = await begin(subject);
    await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 2]));
    durable.isAway = true;
    const results = await store.write([
      { userId: subject.userId, by: 'run', snapshot: stateOf(subject.jobId, 'active', [1, epoch, 3], { progress: 60 }) },
      { userId: subject.userId, by: 'run', snapshot: stateOf('other', 'completed', [1, epoch, 3]) },
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['stored', 'failed']);
    await expect(store.write([{ userId: subject.userId, by: 'run', snapshot: stateOf('other', 'completed', [1, epoch, 3]) }])).rejects.toThrow('It is away.');
  });

  it('shows a silent run as stalled where the cache alone has its last progress, until it reports again', async () => {
    const { subject, cache, durable, store, timing } = tiered();
    const { epoch, record } = await begin(subject);
    // Of a process that dies before it has written it behind.
    const worker = new TieredJobStore({ cache, durable, timing });
    await worker.get(['job']);
    const progress = { userId: 'ada', by: 'run' as const, snapshot: stateOf('job', 'active', [1, epoch, 7], { progress: 70 }) };
    expect(await cache.write([progress])).toMatchObject([{ outcome: 'stored' }]);
    const supervised = await store.superviseRun('job', { run: record.run!, as: 'stalled', timestamp: SAID_AT });
    expect(supervised).toMatchObject({ outcome: 'stalled', record: { snapshot: { stalled: true, progress: 70 } } });
    expect((await shown(subject)).snapshot).toMatchObject({ stalled: true, progress: 70 });
    // Watchers hold this version already, and take the mark for it.
    expect('record' in supervised && supervised.record.snapshot.version.slice(0, 4)).toEqual([1, 0, epoch, 7]);
    await write(subject, stateOf('job', 'active', [1, epoch, 8], { progress: 71 }));
    expect((await shown(subject)).snapshot.stalled).toBeUndefined();
  });

  it('cancels with the progress that was shown last', async () => {
    const { subject, store, timing } = tiered();
    const { epoch } = await begin(subject);
    await write(subject, stateOf('job', 'active', [1, epoch, 2], { progress: 70 }));
    expect(await store.cancel('job', { silentAfterMs: 30_000, timestamp: SAID_AT })).toMatchObject({ outcome: 'requested', record: { snapshot: { progress: 70 } } });
    timing.advance(31_000);
    expect(await store.cancel('job', { silentAfterMs: 30_000, timestamp: SAID_AT })).toMatchObject({ outcome: 'cancelled', record: { snapshot: { progress: 70 } } });
    expect((await shown(subject)).snapshot.status).toBe('cancelled');
  });
});
