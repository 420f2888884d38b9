import { describe, expect, it } from 'vitest';
import { PostgresJobStore, type PostgresJobStoreOptions } from '../postgres/index.js';
import { RedisJobStore, type RedisJobStoreOptions } from '../redis/index.js';
import type { JobEventsServerError } from '../server-errors.js';
import { MemoryJobStore, type MemoryJobStoreOptions } from './memory-job-store.js';
import { SharedJobStore } from './shared-job-store.js';
import type { SharedStates } from './shared-states.js';
import { TieredJobStore, type TieredJobStoreOptions } from './tiered-job-store.js';

const DAY_MS = 86_400_000;
const url = 'redis://127.0.0.1:1';
const memory = new MemoryJobStore();

class OwnJobStore extends SharedJobStore {
  constructor(states: unknown) {
    super('Own', states as SharedStates);
  }
}

const inMemory = (options: unknown) => () => new MemoryJobStore(options as MemoryJobStoreOptions);
const onRedis = (options: unknown) => () => new RedisJobStore(options as RedisJobStoreOptions);
const NOTHING = undefined;
const onPostgres = (options: unknown) => () => new PostgresJobStore(options as PostgresJobStoreOptions);
const tiered = (options: unknown) => () => new TieredJobStore(options as TieredJobStoreOptions);

/** What is made, and what the message says to give instead. */
const REFUSED: readonly [title: string, make: () => unknown, says: RegExp][] = [
  ['memory, finishedForMs 0', inMemory({ finishedForMs: 0 }), /^finishedForMs 0: give a number of milliseconds/],
  ['memory, finishedForMs NaN', inMemory({ finishedForMs: NaN }), /^finishedForMs NaN/],
  ['memory, finishedForMs Infinity', inMemory({ finishedForMs: Infinity }), /^finishedForMs Infinity/],
  ['memory, finishedForMs as text', inMemory({ finishedForMs: '600000' }), /^finishedForMs 600000/],
  ['memory, a fence of an hour', inMemory({ fencedForMs: 3_600_000 }), /^fencedForMs 3600000: .*at least 86400000, so that nothing late/],
  ['memory, a fence shorter than records', inMemory({ fencedForMs: DAY_MS, finishedForMs: 2 * DAY_MS }), /^fencedForMs 86400000: .*at least 172800000/],
  ['memory, maxJobs 0', inMemory({ maxJobs: 0 }), /^maxJobs 0: give a whole number/],
  ['memory, maxJobs 1.5', inMemory({ maxJobs: 1.5 }), /^maxJobs 1.5/],
  ['Redis, nothing', onRedis({}), /^Say where Redis is: url/],
  ['Redis, a url that is not set', onRedis({ url: undefined }), /^Say where Redis is: url/],
  ['Redis, an empty url', onRedis({ url: '' }), /^Say where Redis is: url/],
  ['Redis, keyPrefix with braces', onRedis({ url, keyPrefix: '{jobs}' }), /^keyPrefix '{jobs}'/],
  ['Redis, an empty keyPrefix', onRedis({ url, keyPrefix: '' }), /^keyPrefix ''/],
  ['Redis, finishedForMs 0', onRedis({ url, finishedForMs: 0 }), /^finishedForMs 0/],
  ['Redis, finishedForMs NaN', onRedis({ url, finishedForMs: NaN }), /^finishedForMs NaN/],
  ['Redis, unfinishedForMs shorter than a run between two heartbeats', onRedis({ url, unfinishedForMs: 1_000 }), /^unfinishedForMs 1000: .*at least 60000, so that no record expires/],
  ['Redis, unfinishedForMs Infinity', onRedis({ url, unfinishedForMs: Infinity }), /^unfinishedForMs Infinity/],
  ['PostgreSQL, nothing', onPostgres({}), /^Say where PostgreSQL is: url/],
  ['PostgreSQL, a url that is not set', onPostgres({ url: undefined }), /^Say where PostgreSQL is: url/],
  ['PostgreSQL, kept for an hour', onPostgres({ url: 'postgres://127.0.0.1:1/jobs', keptForMs: 3_600_000 }), /^keptForMs 3600000: .*at least 86400000/],
  ['PostgreSQL, kept for NaN', onPostgres({ url: 'postgres://127.0.0.1:1/jobs', keptForMs: NaN }), /^keptForMs NaN/],
  ['PostgreSQL, kept for ever', onPostgres({ url: 'postgres://127.0.0.1:1/jobs', keptForMs: Infinity }), /^keptForMs Infinity/],
  ['PostgreSQL, tablePrefix with a space', onPostgres({ url: 'postgres://127.0.0.1:1/jobs', tablePrefix: 'my jobs' }), /^tablePrefix 'my jobs'/],
  ['PostgreSQL, an empty tablePrefix', onPostgres({ url: 'postgres://127.0.0.1:1/jobs', tablePrefix: '' }), /^tablePrefix ''/],
  ['Redis, no options', onRedis(NOTHING), /^Say where Redis is: url/],
  ['Redis, something else as client', onRedis({ client: {} }), /^client is no client of ioredis or redis/],
  ['PostgreSQL, no options', onPostgres(NOTHING), /^Say where PostgreSQL is: url/],
  ['PostgreSQL, something else as pool', onPostgres({ pool: {} }), /^pool is no pool of pg/],
  ['PostgreSQL, the url of another database', onPostgres({ url: 'mysql://127.0.0.1/jobs' }), /^url begins with mysql:\/\/, which is no PostgreSQL/],
  ['tiered, no options', tiered(NOTHING), /^cache: give a store/],
  ['tiered, nothing', tiered({}), /^cache: give a store, such as new RedisJobStore/],
  ['tiered, no durable store', tiered({ cache: memory }), /^durable: give a store, such as new PostgresJobStore/],
  ['tiered, a url as cache', tiered({ cache: url, durable: memory }), /^cache: give a store/],
  ['tiered, a tiered store as cache', () => tiered({ cache: tiered({ cache: new MemoryJobStore(), durable: memory })(), durable: memory })(), /^cache: give a store/],
  ['tiered, one store twice', tiered({ cache: memory, durable: memory }), /^cache and durable: give two stores/],
  ['a store of the application, nothing', () => new OwnJobStore(undefined), /^Own: give the states/],
];

describe('a store that is given nothing, or what contradicts itself, refuses at once and says what to give', () => {
  it.each(REFUSED)('%s', (_, make, says) => {
    let refusal: JobEventsServerError | undefined;
    try {
      make();
    } catch (error) {
      refusal = error as JobEventsServerError;
    }
    expect(refusal?.code).toBe('INVALID_OPTIONS');
    expect(refusal?.message).toMatch(says);
  });
});

it('takes an option that is undefined as one that is not given', async () => {
  const store = new MemoryJobStore({ finishedForMs: undefined, fencedForMs: undefined, maxJobs: undefined } as unknown as MemoryJobStoreOptions);
  await store.insert({ jobId: 'job', userId: 'ada', createdAt: '2026-01-01T00:00:00.000Z' });
  expect(await store.get(['job'])).toHaveLength(1);
  await store.close();
});
