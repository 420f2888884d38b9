import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createJobList } from './job-list.js';

const jobOf = (jobId: string, createdAt: string) => ({ jobId, createdAt }) as AnyJobSnapshot;

/** The jobs with their list, as a table has them. */
function listOf() {
  const jobs = new Map<string, AnyJobSnapshot>();
  const outdated = new Set<string>();
  const found: string[] = [];
  const read = createJobList(outdated, (jobId) => {
    found.push(jobId);
    return jobs.get(jobId);
  });
  return {
    read,
    found,
    put(job: AnyJobSnapshot) {
      jobs.set(job.jobId, job);
      outdated.add(job.jobId);
    },
    remove(jobId: string) {
      jobs.delete(jobId);
      outdated.add(jobId);
    },
  };
}

test('the list is the jobs, newest first, whatever comes, moves and goes between two readings', () => {
  const id = fc.constantFrom(...'abcdefgh');
  const step = fc.record({ id, createdAt: fc.constantFrom('2026-01-01', '2026-01-02', '2026-01-03', undefined), reads: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const list = listOf();
      const expected = new Map<string, AnyJobSnapshot>();
      for (const { id: jobId, createdAt, reads } of steps) {
        if (createdAt) {
          expected.set(jobId, jobOf(jobId, createdAt));
          list.put(expected.get(jobId)!);
        } else {
          expected.delete(jobId);
          list.remove(jobId);
        }
        if (reads) list.read();
      }
      const sorted = [...expected.values()].sort((a, b) => (a.createdAt + a.jobId < b.createdAt + b.jobId ? 1 : -1));
      expect(list.read()).toEqual(sorted);
      expect(list.read()).toBe(list.read());
    }),
  );
});

test('of 10,000 jobs only the one that changed is looked at, and the array before stays as it was', () => {
  const list = listOf();
  for (let i = 0; i < 10_000; i++) list.put(jobOf(`job-${i}`, '2026-01-01'));
  const before = list.read();
  list.found.length = 0;
  const changed = jobOf('job-77', '2026-01-01');
  list.put(changed);
  expect(list.read()).toContain(changed);
  expect(before).not.toContain(changed);
  expect(list.found).toEqual(['job-77']);
});
