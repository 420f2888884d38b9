import { Server, type Namespace } from 'socket.io';
import { expect, it, vi } from 'vitest';
import { Revocations } from './revocations.js';

const namespace = (): Namespace => new Server().of('/jobs');

it('a sign-in is overtaken by a revoke of its user that came after it began', () => {
  const revocations = new Revocations(namespace());
  revocations.revoke('ada');
  const { count } = revocations;
  expect(revocations.hasSince(count, 'ada')).toBe(false);
  revocations.revoke('ada');
  expect([revocations.hasSince(count, 'ada'), revocations.hasSince(count, 'eve')]).toEqual([true, false]);
  expect(revocations.hasSince(revocations.count, 'ada')).toBe(false);
});

it('of very many revokes not all are remembered, and then whoever began before a forgotten one counts as overtaken', () => {
  const revocations = new Revocations(namespace());
  const before = revocations.count;
  revocations.revoke('ada');
  const after = revocations.count;
  for (let user = 0; user < 10_000; user++) revocations.revoke(`user-${user}`);
  expect([revocations.hasSince(before, 'eve'), revocations.hasSince(after, 'eve')]).toEqual([true, false]);
});

it('in a single process, whose adapter reaches nobody else, nothing is written to the console', () => {
  const warn = vi.spyOn(console, 'warn');
  new Revocations(namespace()).revoke('ada');
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

it('what other servers say that is no user’s id is not minded', () => {
  const jobs = namespace();
  const revocations = new Revocations(jobs);
  const hear = (said: unknown) => jobs._onServerSideEmit(['job-events:revoked', said] as unknown as [string]);
  [undefined, null, 1, {}].forEach(hear);
  expect(revocations.count).toBe(0);
  hear('ada');
  expect(revocations.hasSince(0, 'ada')).toBe(true);
});
