import { describe, expect, it } from 'vitest';
import type { StateWrite, WriteResult } from '../store/job-store.js';
import { ManualTiming } from '../testing/manual-timing.js';
import { RecentEnds } from './recent-ends.js';

const stateOf = (jobId: string, status = 'completed'): StateWrite => ({ userId: 'ada', by: 'run', snapshot: { jobId, status } as never });
const resultOf = (outcome: WriteResult['outcome']): WriteResult => ({ outcome }) as WriteResult;

describe('the ends that are written again after a loss of the connection', () => {
  function start(finishedForMs = 600_000) {
    const timing = new ManualTiming();
    const recent = new RecentEnds(timing, finishedForMs);
    const keep = (jobId: string, status?: string, outcome: WriteResult['outcome'] = 'stored'): void => recent.keep([stateOf(jobId, status)], [resultOf(outcome)]);
    const idsAt = (lostAt: number): readonly string[] => recent.acknowledgedBefore(lostAt).map(({ snapshot }) => snapshot.jobId);
    return { timing, keep, idsAt };
  }

  it('are those that were stored, and nothing else', () => {
    const { timing, keep, idsAt } = start();
    keep('completed');
    keep('failed', 'failed');
    keep('outdated', 'completed', 'outdated');
    keep('going', 'active');
    expect(idsAt(timing.monotonic())).toEqual(['completed', 'failed']);
  });

  it('are none of a job that is active again', () => {
    const { timing, keep, idsAt } = start();
    keep('again');
    keep('again', 'active');
    expect(idsAt(timing.monotonic())).toEqual([]);
  });

  it('are those of the 30 s before the loss, however long Redis was away', () => {
    const { timing, keep, idsAt } = start();
    keep('before');
    timing.advance(20_000);
    keep('shortly before');
    const lostAt = timing.monotonic() + 15_000;
    timing.advance(60_000);
    expect(idsAt(lostAt)).toEqual(['shortly before']);
  });

  it('are none that has expired meanwhile', () => {
    const { timing, keep, idsAt } = start(10_000);
    keep('expired');
    const lostAt = timing.monotonic();
    timing.advance(11_000);
    expect(idsAt(lostAt)).toEqual([]);
  });

  it('are at most 2,000, the latest', () => {
    const { timing, keep, idsAt } = start();
    for (let index = 0; index < 2_100; index++) keep(`job-${index}`);
    const ids = idsAt(timing.monotonic());
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([2_000, 'job-100', 'job-2099']);
  });
});
