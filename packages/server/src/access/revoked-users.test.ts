import { expect, it } from 'vitest';
import { RevokedUsers } from './revoked-users.js';

it('a sign-in is overtaken by a revoke of its user that came after it began', () => {
  const revoked = new RevokedUsers();
  revoked.add('ada');
  const { count } = revoked;
  expect(revoked.hasSince(count, 'ada')).toBe(false);
  revoked.add('ada');
  expect([revoked.hasSince(count, 'ada'), revoked.hasSince(count, 'eve')]).toEqual([true, false]);
  expect(revoked.hasSince(revoked.count, 'ada')).toBe(false);
});

it('of very many revokes not all are remembered, and then whoever began before a forgotten one counts as overtaken', () => {
  const revoked = new RevokedUsers();
  const before = revoked.count;
  revoked.add('ada');
  const after = revoked.count;
  for (let user = 0; user < 10_000; user++) revoked.add(`user-${user}`);
  expect([revoked.hasSince(before, 'eve'), revoked.hasSince(after, 'eve')]).toEqual([true, false]);
});
