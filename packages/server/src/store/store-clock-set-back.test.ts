import { expect, test } from 'vitest';
import { decideCancel } from './decide-intent.js';
import { decideBegin } from './decide-run.js';
import type { JobState } from './job-state.js';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 23, 12);
const CREATED_AT = '2026-11-23T12:00:00.000Z';

const claim = { jobId: 'job', userId: 'ada', attempt: 1, rerun: false, stage: 'INITIALIZING', createdAt: CREATED_AT };
const begun = (): JobState => decideBegin({}, { ...claim, claimId: 'first', askedMsAgo: 0 }, NOW).next!;
const cancel = (now: number) => decideCancel(begun(), { silentAfterMs: 30_000, timestamp: CREATED_AT }, now).result.outcome;

test('a run begins although the claim before it is from the future, and its epoch is the greater one', () => {
  const later = decideBegin(begun(), { ...claim, claimId: 'second', askedMsAgo: 100 }, NOW - HOUR);
  expect(later.result).toMatchObject({ outcome: 'begun', record: { snapshot: { version: [2, 0, NOW + 1, 1, NOW + 1] } } });
});

test('a late claim does not overtake a run that was claimed after it, also where clocks differ by a little', () => {
  for (const now of [NOW, NOW - 500])
    expect(decideBegin(begun(), { ...claim, claimId: 'second', askedMsAgo: 5_000 }, now).result).toMatchObject({ outcome: 'overtaken' });
});

test('a run whose sign of life is from the future does not hold its job for an hour', () => {
  expect([cancel(NOW), cancel(NOW + 30_000), cancel(NOW - HOUR)]).toEqual(['requested', 'requested', 'cancelled']);
});
