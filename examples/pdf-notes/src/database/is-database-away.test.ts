import { Pool } from 'pg';
import { expect, test } from 'vitest';
import { isDatabaseAway } from './is-database-away.js';

test('a server that is not there is away', async () => {
  const pool = new Pool({ connectionString: 'postgres://nobody@localhost:1/none' });
  const error = await pool.query('select 1').catch((reason: unknown) => reason);
  expect(isDatabaseAway(error)).toBe(true);
  await pool.end();
});

test.each([
  [Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' }), true],
  [new Error('Connection terminated unexpectedly'), true],
  [new Error('timeout exceeded when trying to connect'), true],
  [Object.assign(new Error('duplicate key value violates unique constraint'), { code: '23505' }), false],
  [new TypeError('undefined is not a function'), false],
  ['ECONNREFUSED', false],
])('%s: %s', (error, away) => {
  expect(isDatabaseAway(error)).toBe(away);
});
