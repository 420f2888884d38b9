import { describe, expect, test } from 'vitest';
import { decideInsert } from './decide-intent.js';
import { decideCancel } from './decide-intent.js';
import { decideBegin, decideTakeEpoch } from './decide-run.js';
import { decideWrite } from './decide-write.js';
import { fenceAlone, type JobState } from './job-state.js';

const NOW = Date.UTC(2026, 10, 23, 12);
const CREATED_AT = '2026-11-23T12:00:00.000Z';

const claim = { jobId: 'job', userId: 'ada', attempt: 1, rerun: false, stage: 'INITIALIZING', createdAt: CREATED_AT };
const begun = (): JobState => decideBegin({}, { ...claim, claimId: 'first', askedMsAgo: 0 }, NOW).next!;

test('a run begins that is claimed by a process whose clock is a little behind, or within the same millisecond', () => {
  for (const [now, askedMsAgo] of [[NOW, 0.7], [NOW - 900, 0]] as const)
    expect(decideBegin(begun(), { ...claim, claimId: 'second', askedMsAgo }, now).result).toMatchObject({ outcome: 'begun' });
});

test('of claims that wait for the store to come back the one of the later attempt begins, whichever arrives first', () => {
  const second = { ...claim, claimId: 'second', askedMsAgo: 4_000.5, attempt: 2 };
  const first = { ...claim, claimId: 'first', askedMsAgo: 4_000 };
  expect(decideBegin(decideBegin({}, first, NOW).next!, second, NOW).result).toMatchObject({ outcome: 'begun' });
  expect(decideBegin(decideBegin({}, second, NOW).next!, { ...first, askedMsAgo: 4_001 }, NOW).result).toMatchObject({ outcome: 'overtaken' });
});

test('a run whose answer was lost begins when it asks again, also if its record was evicted and somebody else has reported progress since', () => {
  const evicted = decideTakeEpoch({ fence: fenceAlone(begun()) }, NOW).next!;
  const snapshot = { ...begun().record!.snapshot, stage: 'READING', version: [1, 0, NOW + 1, 2, NOW] as const };
  const reported = decideWrite(evicted, { userId: 'ada', snapshot, by: 'outside' }, NOW);
  expect(reported.result).toMatchObject({ outcome: 'stored' });
  expect(decideBegin(reported.next!, { ...claim, claimId: 'first', askedMsAgo: 300 }, NOW).result).toMatchObject({ outcome: 'begun' });
});

test('a run that was overtaken is not believed where the fence was evicted, whoever writes before it comes back', () => {
  const first = begun();
  const second = decideBegin(first, { ...claim, attempt: 2, claimId: 'second', askedMsAgo: 0 }, NOW + 2_000).next!;
  const evicted: JobState = { record: second.record! };
  const late = { userId: 'ada', snapshot: { ...first.record!.snapshot, version: [2, 2, NOW, 2] as const, status: 'completed' as const }, by: 'run' as const };
  const retrying = { ...second.record!.snapshot, status: 'retrying' as const, version: [2, 1, NOW + 3_000, 1] as const };
  const byOthers: Record<string, (state: JobState) => JobState> = {
    'takes an epoch and ends the attempt': (state) => decideWrite(decideTakeEpoch(state, NOW + 3_000).next!, { userId: 'ada', snapshot: retrying, by: 'outside' }, NOW + 3_000).next!,
    'ends the attempt': (state) => decideWrite(state, { userId: 'ada', snapshot: retrying, by: 'outside' }, NOW + 3_000).next!,
    'asks to cancel and ends the attempt': (state) => {
      const asked = decideCancel(state, { silentAfterMs: 30_000, timestamp: CREATED_AT }, NOW + 2_500).next!;
      return decideWrite(asked, { userId: 'ada', snapshot: retrying, by: 'outside' }, NOW + 3_000).next!;
    },
  };
  for (const [who, write] of Object.entries(byOthers)) expect(decideWrite(write(evicted), late, NOW + 4_000).result, who).toMatchObject({ outcome: 'stale-run' });
});

describe('a run that waited for the store while somebody else stored how its job ended', () => {
  const waiting = { ...claim, claimId: 'waiting', askedMsAgo: 25_000 };
  const endedFromOutside = (code?: string): JobState => {
    const taken = decideTakeEpoch(decideInsert({}, claim, NOW - 30_000).next!, NOW - 10_000);
    const status = code === undefined ? ('completed' as const) : ('failed' as const);
    const snapshot = { ...taken.result.record!.snapshot, status, ...(code && { error: { code, message: 'Lost.', retryable: true } }), version: [1, 2, taken.result.epoch, 1, NOW - 30_000] as const };
    return decideWrite(taken.next!, { userId: 'ada', snapshot, by: 'outside' }, NOW - 10_000).next!;
  };

  test('is not begun as a later attempt', () => {
    expect(decideBegin(endedFromOutside(), waiting, NOW).result).toMatchObject({ outcome: 'overtaken', record: { snapshot: { status: 'completed' } } });
  });

  test.each([
    ['its worker was only taken for lost', endedFromOutside('WORKER_LOST'), waiting],
    ['it was asked for after that end', endedFromOutside(), { ...waiting, askedMsAgo: 5_000 }],
    ['it is to be done once more', endedFromOutside(), { ...waiting, rerun: true }],
  ])('begins where %s', (_why, state, asked) => {
    expect(decideBegin(state, asked, NOW).result).toMatchObject({ outcome: 'begun' });
  });
});
