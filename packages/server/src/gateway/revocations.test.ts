import { Server, type Namespace } from 'socket.io';
import { expect, it, vi } from 'vitest';
import { RevokedUsers } from '../access/revoked-users.js';
import { Revocations } from './revocations.js';

const namespace = (): Namespace => new Server().of('/jobs');

it('in a single process, whose adapter reaches nobody else, nothing is written to the console', () => {
  const warn = vi.spyOn(console, 'warn');
  new Revocations(namespace(), new RevokedUsers()).revoke('ada');
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

it('what other servers say that is no user’s id is not minded', () => {
  const jobs = namespace();
  const revoked = new RevokedUsers();
  void new Revocations(jobs, revoked);
  const hear = (said: unknown) => jobs._onServerSideEmit(['job-events:revoked', said] as unknown as [string]);
  [undefined, null, 1, {}].forEach(hear);
  expect(revoked.count).toBe(0);
  hear('ada');
  expect(revoked.hasSince(0, 'ada')).toBe(true);
});
