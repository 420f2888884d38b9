import { describe, expect, it } from 'vitest';
import type { Timing } from '../timing.js';
import { MemoryJobStore, type MemoryJobStoreOptions } from './memory-job-store.js';
import type { NewJob } from './job-record.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A store on a clock that stands until it is moved. */
function storeAt(options: MemoryJobStoreOptions = {}) {
  let now = 1_000_000_000_000;
  const timers = new Map<object, () => void>();
  const timing: Timing = {
    now: () => now,
    monotonic: () => now,
    setTimeout: (callback) => { const timer = {}; timers.set(timer, callback); return timer; },
    clearTimeout: (timer) => void timers.delete(timer as object),
  };
  const store = new MemoryJobStore({ timing, ...options });
  return {
    store,
    pass: (ms: number) => { now += ms; },
    fireTimers: () => { for (const [timer, callback] of Array.from(timers)) { timers.delete(timer); callback(); } },
    timers,
  };
}

const job = (jobId: string): NewJob => ({ jobId, userId: 'ada', createdAt: '2026-01-01T00:00:00.000Z' });

async function complete(store: MemoryJobStore, jobId: string, result: object = { noteId: 'n' }): Promise<void> {
  const start = await store.begin({ ...job(jobId), attempt: 1, rerun: false, stage: 'INITIALIZING' });
  if (start.outcome !== 'begun') throw new Error('The job did not begin.');
  const { snapshot } = start.record;
  await store.write([{ userId: 'ada', by: 'run', snapshot: { ...snapshot, status: 'completed', version: [1, 2, snapshot.version[2], 2], result } }]);
}

const isKnown = async (store: MemoryJobStore, jobId: string): Promise<boolean> => (await store.get([jobId]))[0] !== undefined;

describe('MemoryJobStore', () => {
  it('shows a finished job for 10 minutes and remembers for 24 hours that it ended', async () => {
    const { store, pass } = storeAt();
    await complete(store, 'a');
    pass(10 * MINUTE - 1);
    expect(await isKnown(store, 'a')).toBe(true);
    pass(1);
    expect(await isKnown(store, 'a')).toBe(false);
    pass(23 * HOUR);
    expect(await store.insert(job('a'))).toMatchObject({ snapshot: { status: 'completed' } });
    expect(await isKnown(store, 'a')).toBe(false);
    pass(1 * HOUR);
    expect(await store.insert(job('a'))).toMatchObject({ snapshot: { status: 'queued' } });
  });

  it('keeps an unfinished job as long as something is heard of it', async () => {
    const { store, pass } = storeAt();
    await store.insert(job('a'));
    pass(24 * HOUR - 1);
    expect(await isKnown(store, 'a')).toBe(true);
    pass(1);
    expect(await isKnown(store, 'a')).toBe(false);
  });

  it('forgets fences first, then finished jobs, then the oldest, when there are too many', async () => {
    const { store } = storeAt({ maxJobs: 3 });
    await store.insert(job('unfinished-1'));
    await store.takeEpoch('fence');
    await complete(store, 'finished');
    await store.insert(job('unfinished-2'));
    expect(await isKnown(store, 'finished')).toBe(true);
    await store.insert(job('unfinished-3'));
    expect(await isKnown(store, 'finished')).toBe(false);
    await store.insert(job('unfinished-4'));
    expect(await Promise.all(['unfinished-1', 'unfinished-2', 'unfinished-4'].map((id) => isKnown(store, id)))).toEqual([false, true, true]);
    expect(await store.listByCreation({ userId: 'ada', finishedAfter: 0, limit: 10 })).toHaveLength(3);
  });

  it('keeps an end that was stored just now, and forgets unfinished jobs for it', async () => {
    const { store } = storeAt({ maxBytes: 100_000 });
    await store.insert({ ...job('unfinished'), metadata: { fileName: 'x'.repeat(60_000) } });
    await complete(store, 'ended', { text: 'x'.repeat(50_000) });
    expect(await Promise.all(['unfinished', 'ended'].map((id) => isKnown(store, id)))).toEqual([false, true]);
  });

  it('holds at most so many bytes: what is large leaves before what is small is many', async () => {
    const { store } = storeAt({ maxBytes: 100_000 });
    const named = (jobId: string, length: number): NewJob => ({ ...job(jobId), metadata: { fileName: 'x'.repeat(length) } });
    for (const jobId of ['a', 'b', 'c']) await store.insert(named(jobId, 40_000));
    expect(await Promise.all(['a', 'b', 'c'].map((id) => isKnown(store, id)))).toEqual([false, true, true]);
    await store.insert(named('larger than allowed', 200_000));
    expect(await isKnown(store, 'larger than allowed')).toBe(true);
    await store.insert(named('d', 10));
    expect(await Promise.all(['larger than allowed', 'd'].map((id) => isKnown(store, id)))).toEqual([false, true]);
  });

  it('answers pages and changes in order while jobs are written, handed on, given back and forgotten', async () => {
    const { store, pass } = storeAt({ finishedForMs: MINUTE });
    const at = (jobId: string, second: number): NewJob => ({ ...job(jobId), createdAt: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z` });
    for (const [jobId, second] of [['c', 3], ['a', 1], ['d', 3], ['b', 2]] as const) {
      pass(1);
      await store.insert(at(jobId, second));
    }
    const ids = (records: readonly { snapshot: { jobId: string } }[]) => records.map(({ snapshot }) => snapshot.jobId).join('');
    const page = async (before?: { createdAt: string; jobId: string }) => ids(await store.listByCreation({ userId: 'ada', finishedAfter: 0, limit: 2, ...(before && { before }) }));
    expect(await page()).toBe('dc');
    expect(await page(at('c', 3))).toBe('ba');
    const changed = async (changedSince: number) => ids(await store.listChanged({ userId: 'ada', changedSince, limit: 10 }));
    expect(await changed(0)).toBe('cadb');
    pass(1);
    const since = await store.now();
    await complete(store, 'a');
    expect(await changed(since)).toBe('a');
    expect(await changed(0)).toBe('cdba');
    pass(MINUTE);
    expect(await changed(0)).toBe('cdb');
    expect(await page(at('c', 3))).toBe('b');
    expect(await store.listByCreation({ userId: 'nobody', finishedAfter: 0, limit: 10 })).toEqual([]);
  });

  it('lets go of memory without being asked, and of its timer when nothing is left or it is closed', async () => {
    const { store, pass, fireTimers, timers } = storeAt();
    await complete(store, 'a');
    expect(timers.size).toBe(1);
    pass(25 * HOUR);
    fireTimers();
    expect(timers.size).toBe(0);
    await store.insert(job('b'));
    expect(timers.size).toBe(1);
    await store.close();
    expect(timers.size).toBe(0);
  });
});
