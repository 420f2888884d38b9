import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { describe, expect, it } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import type { JobEventsServerError } from '../server-errors.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { AnswerBudget } from './answer-budget.js';
import { decodeCursor, encodeCursor, type ListCursor } from './list-cursor.js';
import { UserJobList } from './user-job-list.js';

const USER = 'alice';

function setUp(stepMs = 0) {
  const timing = new ManualTiming();
  timing.stepWallClock(stepMs);
  const store = new MemoryJobStore({ timing });
  const errors: JobEventsServerError[] = [];
  const lists = new UserJobList({ store, retentionMs: 600_000, timing, onError: (error) => errors.push(error) });
  const add = (jobId: string, extra: { metadata?: Record<string, unknown> } = {}, userId = USER) =>
    store.insert({ jobId, userId, createdAt: new Date(timing.now()).toISOString(), ...extra });
  const end = async (jobId: string) =>
    store.cancel(jobId, { silentAfterMs: 0, timestamp: new Date(timing.now()).toISOString() });
  return { timing, store, lists, add, end, errors };
}

/** Reads as a client does: until there is no more, the cursor travelling as text. */
async function readOn(lists: UserJobList, from?: ListCursor, wanted?: (job: AnyJobSnapshot) => boolean) {
  const pages: string[][] = [];
  let cursor = from;
  for (let more = true; more; ) {
    const answer = new AnswerBudget();
    const reading = await lists.read(USER, cursor, answer, wanted);
    cursor = decodeCursor(encodeCursor(reading.cursor));
    more = reading.more;
    pages.push(answer.snapshots.map(({ jobId }) => jobId));
    if (pages.length > 50) throw new Error('The reading does not end.');
  }
  return { pages, cursor, jobIds: pages.flat() };
}

const name = (index: number) => `job-${String(index).padStart(4, '0')}`;
const names = (count: number) => Array.from({ length: count }, (_, index) => name(index));

describe("reading a user's jobs", () => {
  it('gives nothing, and a cursor, where there is nothing', async () => {
    const { lists, add, timing } = setUp();
    const { jobIds, cursor } = await readOn(lists);
    expect(jobIds).toEqual([]);
    timing.advance(5_000);
    await add('first');
    expect((await readOn(lists, cursor)).jobIds).toEqual(['first']);
  });

  it('leaves out what a broken store lists of somebody else, and reports it once', async () => {
    const { store, lists, add, errors } = setUp();
    await add('own');
    await add('foreign', {}, 'bob');
    const all = async () => (await store.get(['own', 'foreign'])).flatMap((record) => record ?? []);
    store.listByCreation = all;
    store.listChanged = all;
    const { jobIds, cursor } = await readOn(lists);
    expect(jobIds).toEqual(['own']);
    expect((await readOn(lists, cursor)).jobIds).toEqual(['own']);
    expect(errors.map(({ code, jobId }) => [code, jobId])).toEqual([['STORE_FAILED', 'foreign']]);
  });

  it('goes page by page from the newest, 200 at a time, each job once', async () => {
    const { lists, add, timing } = setUp();
    for (const jobId of names(450)) {
      await add(jobId);
      timing.advance(7);
    }
    timing.advance(10_000);
    const { pages } = await readOn(lists);
    expect(pages.map((page) => page.length)).toEqual([200, 200, 50]);
    expect(pages.flat()).toEqual(names(450).reverse());
  });

  it('ends a page before it passes 128 KiB', async () => {
    const { lists, add, timing } = setUp();
    for (const jobId of names(60)) await add(jobId, { metadata: { text: 'x'.repeat(4_000) } });
    timing.advance(10_000);
    const { pages } = await readOn(lists);
    expect(pages.map((page) => page.length)).toEqual([31, 29]);
    expect(new Set(pages.flat()).size).toBe(60);
    const answer = new AnswerBudget();
    await lists.read(USER, undefined, answer);
    expect(Buffer.byteLength(JSON.stringify(answer.snapshots))).toBeLessThanOrEqual(131_072);
  });

  it('gives only what changed since, and that again only within the time a commit may lag', async () => {
    const { lists, add, end, timing } = setUp();
    for (const jobId of names(5)) await add(jobId);
    timing.advance(10_000);
    const first = await readOn(lists);
    expect((await readOn(lists, first.cursor)).jobIds).toEqual([]);
    await end(name(3));
    timing.advance(1_500);
    const second = await readOn(lists, first.cursor);
    expect(second.jobIds).toEqual([name(3)]);
    expect((await readOn(lists, second.cursor)).jobIds).toEqual([name(3)]);
    timing.advance(10_000);
    const third = await readOn(lists, second.cursor);
    expect((await readOn(lists, third.cursor)).jobIds).toEqual([]);
  });

  it('loses nothing of hundreds that changed in one millisecond', async () => {
    const { lists, add, end, timing } = setUp();
    const first = await readOn(lists);
    timing.advance(10_000);
    for (const jobId of names(700)) await add(jobId);
    timing.advance(10_000);
    const { pages, jobIds, cursor } = await readOn(lists, first.cursor);
    expect(pages.map((page) => page.length)).toEqual([200, 200, 200, 100]);
    expect(jobIds).toEqual(names(700));
    for (const jobId of names(700)) await end(jobId);
    timing.advance(10_000);
    expect((await readOn(lists, cursor)).jobIds).toEqual(names(700));
  });

  it('brings what changes while somebody pages through', async () => {
    const { lists, add, end, timing } = setUp();
    for (const jobId of names(300)) await add(jobId);
    timing.advance(10_000);
    const answer = new AnswerBudget();
    const reading = await lists.read(USER, undefined, answer);
    expect(reading.more).toBe(true);
    timing.advance(5_000);
    await end(name(299));
    await end(name(0));
    timing.advance(5_000);
    const page = new AnswerBudget();
    const { cursor, more } = await lists.read(USER, reading.cursor, page);
    expect([page.snapshots.length, more]).toEqual([100, false]);
    const changes = new AnswerBudget();
    await lists.read(USER, cursor, changes);
    expect(changes.snapshots.filter(({ status }) => isFinal(status)).map(({ jobId }) => jobId)).toEqual([name(0), name(299)]);
  });

  it('ends although hundreds of jobs have just changed', async () => {
    const { lists, add } = setUp();
    for (const jobId of names(450)) await add(jobId);
    const { pages, cursor } = await readOn(lists);
    expect(pages).toHaveLength(3);
    expect((await readOn(lists, cursor)).pages).toHaveLength(3);
  });

  it('begins at the top where other snapshots filled the answer', async () => {
    const { lists, add, timing } = setUp();
    const full = new AnswerBudget();
    for (const jobId of names(200)) full.add((await add(jobId))!.snapshot);
    for (let index = 200; index < 210; index += 1) await add(name(index));
    timing.advance(10_000);
    const reading = await lists.read(USER, undefined, full);
    expect(reading.more).toBe(true);
    const { jobIds } = await readOn(lists, reading.cursor);
    expect(jobIds).toHaveLength(210);
  });

  it('leaves out what the client has, other people’s jobs, and what ended before the retention time', async () => {
    const { lists, add, end, timing } = setUp();
    await add('old');
    await end('old');
    timing.advance(599_000);
    await add('ended');
    await end('ended');
    await add('going');
    await add('known');
    await add('hers', {}, 'bob');
    timing.advance(2_000);
    const { jobIds } = await readOn(lists, undefined, ({ jobId }) => jobId !== 'known');
    expect(jobIds.sort()).toEqual(['ended', 'going']);
  });

  it('asks the store for its time once for many readers', async () => {
    const { lists, store, timing } = setUp();
    let asked = 0;
    const { now } = store;
    store.now = () => ((asked += 1), now.call(store));
    await Promise.all(names(100).map((userId) => lists.read(userId, undefined, new AnswerBudget())));
    expect(asked).toBe(1);
    timing.advance(1_001);
    await lists.read(USER, undefined, new AnswerBudget());
    expect(asked).toBe(2);
  });

  it('begins anew for a cursor from the future: a store went back an hour, and what changed there since is not lost', async () => {
    const { lists, add, timing } = setUp();
    await add('before');
    const { cursor } = await readOn(lists);
    const restored = setUp(-3_600_000);
    await restored.add('meanwhile');
    await restored.add('ended meanwhile');
    await restored.end('ended meanwhile');
    for (const clock of [timing, restored.timing]) clock.advance(60_000);
    const first = await readOn(restored.lists, cursor);
    expect(first.jobIds.sort()).toEqual(['ended meanwhile', 'meanwhile']);
    restored.timing.advance(10_000);
    expect((await readOn(restored.lists, first.cursor)).jobIds).toEqual([]);
  });

  it('begins anew at the top for the cursor of a page from the future', async () => {
    const { lists, add, timing } = setUp();
    for (const jobId of names(300)) await add(jobId);
    const { cursor, more } = await lists.read(USER, undefined, new AnswerBudget());
    expect([more, cursor.below !== undefined]).toEqual([true, true]);
    const restored = setUp(-3_600_000);
    await restored.store.insert({ jobId: 'meanwhile', userId: USER, createdAt: new Date(timing.now()).toISOString() });
    restored.timing.advance(10_000);
    expect((await readOn(restored.lists, cursor)).jobIds).toEqual(['meanwhile']);
  });

  it('ends although hundreds of jobs changed in the future, and brings what changes meanwhile', async () => {
    const { lists, store, add, timing } = setUp();
    for (const jobId of names(450)) await add(jobId);
    timing.advance(10_000);
    let behind = 0;
    const { now } = store;
    store.now = async () => (await now.call(store)) - behind;
    behind = 3_600_000;
    const reading = await lists.read(USER, { since: timing.now() - 2 * behind }, new AnswerBudget());
    expect(reading).toMatchObject({ more: true, cursor: { afterJobId: name(199) } });
    const { pages, cursor } = await readOn(lists, reading.cursor);
    expect(pages.map((page) => page.length)).toEqual([200, 50]);
    // The next reading is a listing, which has what changed amid this one whatever time that was stamped with.
    expect((await readOn(lists, cursor)).jobIds.slice(0, 450)).toEqual(names(450).reverse());
  });

  it('asks the store for its time again before it takes a cursor for one from the future', async () => {
    const { lists, add, timing } = setUp();
    await add('before');
    timing.advance(10_000);
    await readOn(lists);
    timing.advance(900);
    const byAnotherNode = { since: timing.now() };
    await add('now');
    expect((await readOn(lists, byAnotherNode)).jobIds).toEqual(['now']);
  });
});
