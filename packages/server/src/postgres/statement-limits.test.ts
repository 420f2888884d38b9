import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withLimits } from './statement-limits.js';

let server: PostgresServer;
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await server[Symbol.asyncDispose]();
});

const limits = { statementMs: 4_000, lockMs: 3_000 };
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\u0000'));
const awkward = fc.oneof(text, fc.constantFrom(`'`, `\\'; drop table jobs; --`, `{"a,b"}`, '$1', 'null', '""', '\\', ' ', ''));

it('takes every value for what it is, like a parameter', async () => {
  const values = fc.tuple(awkward, fc.array(fc.option(awkward), { maxLength: 5 }), fc.option(fc.integer()), fc.boolean());
  await fc.assert(fc.asyncProperty(values, async ([word, words, count, flag]) => {
    const statement = 'select $1::text as word, $2::text[] as words, $3::bigint::float8 as count, $4::boolean as flag';
    const results = (await client.query(withLimits(statement, [word, words, count, flag], limits))) as unknown as pg.QueryResult[];
    expect(results.at(-1)!.rows).toEqual([{ word, words, count, flag }]);
  }), { numRuns: 200 });
});

it('limits this statement and leaves the session as it was', async () => {
  const show = `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`;
  const results = (await client.query(withLimits(show, [], limits))) as unknown as pg.QueryResult[];
  expect(results.at(-1)!.rows).toEqual([{ lock: '3s', statement: '4s' }]);
  expect((await client.query(show)).rows).toEqual([{ lock: '0', statement: '0' }]);
  await expect(client.query(withLimits('select pg_sleep($1)', [5], { statementMs: 100, lockMs: 100 }))).rejects.toThrow('statement timeout');
});

it.each([['a\u0000b'], [{}], [Symbol("s")], [[{}]]])('refuses what is no value of a statement: %#', (value) => {
  expect(() => withLimits('select $1', [value], limits)).toThrow(TypeError);
});
