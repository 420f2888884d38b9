import fc from 'fast-check';
import { expect, it } from 'vitest';
import { channelFor, claimInProcess, tagOf } from './channel.js';

const tables = fc.tuple(fc.stringMatching(/^[a-z_][a-z0-9_]{0,30}$/), fc.stringMatching(/^[a-z_][a-z0-9_]{0,30}$/)).map((names) => names.join('.'));

it('gives different tables different channels and tags, of names that PostgreSQL does not cut', () => {
  fc.assert(fc.property(fc.uniqueArray(tables, { minLength: 2, maxLength: 20 }), (all) => {
    expect(new Set(all.map(channelFor)).size).toBe(all.length);
    expect(new Set(all.map(tagOf)).size).toBe(all.length);
    for (const name of all) expect(Buffer.byteLength(channelFor(name))).toBeLessThanOrEqual(63);
  }));
});

it('keeps names apart that differ only after 63 bytes', () => {
  const long = `${'s'.repeat(31)}.${'p'.repeat(29)}`;
  expect(channelFor(`${long}a_`)).not.toBe(channelFor(`${long}b_`));
});

it('takes a channel in this process for one set of tables at a time, any number of times', () => {
  const give = [claimInProcess('host:1/db', 'c', 'public.shop_'), claimInProcess('host:1/db', 'c', 'public.shop_')];
  expect(() => claimInProcess('host:1/db', 'c', 'public.payroll_')).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
  claimInProcess('host:1/other', 'c', 'public.payroll_')();
  claimInProcess('host:1/db', 'd', 'public.payroll_')();
  give[0]!();
  give[0]!();
  expect(() => claimInProcess('host:1/db', 'c', 'public.payroll_')).toThrow("channel 'c' is in use");
  give[1]!();
  claimInProcess('host:1/db', 'c', 'public.payroll_')();
});
