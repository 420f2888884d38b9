import type { AnyJobSnapshot, JobStatus } from '@notes/job-events-protocol';
import { rankOf } from '@notes/job-events-protocol';
import { describe, expect, it } from 'vitest';
import { decideCancel, decideInsert } from './decide-intent.js';
import { decideBegin, decideHeartbeat, decideTakeEpoch } from './decide-run.js';
import { decideWrite } from './decide-write.js';
import { fenceAlone, type Decision, type JobState } from './job-state.js';
import type { RunClaim, StateWrite } from './job-store.js';

const NOW = 1_000_000;
const CREATED = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-01T00:00:09.000Z';

const claim = (fields: Partial<RunClaim> = {}): RunClaim => ({
  jobId: 'job', userId: 'ada', createdAt: CREATED, attempt: 1, rerun: false, stage: 'INITIALIZING', ...fields,
});

const state = (status: JobStatus, attempt: number, epoch: number, seq: number, fields: Partial<AnyJobSnapshot> = {}): AnyJobSnapshot => ({
  jobId: 'job', status, stage: 'SAVING', progress: 50, version: [attempt, rankOf(status), epoch, seq], createdAt: CREATED, timestamp: LATER,
  ...(rankOf(status) > 0 && status !== 'completed' && status !== 'cancelled' && { error: { code: 'E', message: 'It broke.', retryable: true } }),
  ...fields,
});

const write = (snapshot: AnyJobSnapshot, by: StateWrite['by'] = 'run', userId = 'ada'): StateWrite => ({ userId, snapshot, by });

/** The state after these steps. */
const after = (...steps: readonly ((state: JobState, now: number) => Decision<unknown>)[]): JobState =>
  steps.reduce<JobState>((current, step) => step(current, NOW).next ?? current, {});

const begun = (fields: Partial<RunClaim> = {}) => (current: JobState) => decideBegin(current, claim(fields), NOW);
const wrote = (snapshot: AnyJobSnapshot, by: StateWrite['by'] = 'run') => (current: JobState) => decideWrite(current, write(snapshot, by), NOW);
const withoutRecord = (state: JobState): JobState => ({ fence: fenceAlone(state) });

describe('who is believed', () => {
  it('stores what the run says that holds the job', () => {
    const { result, next } = decideWrite(after(begun()), write(state('active', 1, NOW, 2)), NOW + 5);
    expect(result).toMatchObject({ outcome: 'stored', record: { snapshot: { progress: 50 }, run: { epoch: NOW, aliveAt: NOW + 5 }, changedAt: NOW + 5 } });
    expect(next?.record).toEqual('record' in result ? result.record : undefined);
  });

  it('believes nothing that an overtaken run says, not even its end', () => {
    const overtaken = after(begun(), begun());
    for (const snapshot of [state('active', 1, NOW, 2), state('completed', 1, NOW, 3), state('active', 9, NOW, 4)]) {
      expect(decideWrite(overtaken, write(snapshot), NOW)).toMatchObject({ result: { outcome: 'stale-run', record: { snapshot: { version: [2, 0, NOW + 1, 1, NOW + 1] } } } });
      expect(decideWrite(overtaken, write(snapshot), NOW).next).toBeUndefined();
    }
  });

  it('drops progress from outside while a run holds the job, and takes an end', () => {
    const running = after(begun());
    expect(decideWrite(running, write(state('active', 7, NOW + 9, 1), 'outside'), NOW).result.outcome).toBe('held');
    const ended = decideWrite(running, write(state('failed', 1, NOW + 9, 1), 'outside'), NOW);
    expect(ended.result.outcome).toBe('stored');
    expect(ended.next?.record?.run).toBeUndefined();
    expect(decideWrite(ended.next!, write(state('completed', 1, NOW, 9)), NOW).result.outcome).toBe('outdated');
  });

  it('lets outside report again once the attempt of the run has ended', () => {
    const retrying = after(begun(), wrote(state('retrying', 1, NOW, 2)));
    expect(decideWrite(retrying, write(state('active', 2, NOW + 9, 1), 'outside'), NOW).result.outcome).toBe('stored');
  });

  it('refuses somebody else’s job, also when only the fence is left', () => {
    const ended = after(begun(), wrote(state('completed', 1, NOW, 2)));
    for (const current of [ended, withoutRecord(ended)]) {
      expect(decideWrite(current, write(state('active', 9, NOW + 9, 1), 'outside', 'eve'), NOW)).toEqual({ result: { outcome: 'foreign-owner' } });
      expect(decideBegin(current, claim({ userId: 'eve' }), NOW)).toEqual({ result: { outcome: 'foreign-owner' } });
      expect(decideInsert(current, claim({ userId: 'eve' }), NOW)).toEqual({ result: undefined });
    }
  });

  it('believes a run again after the store has forgotten everything, and then the latest only', () => {
    const older = decideWrite({}, write(state('active', 1, 5, 7)), NOW).next!;
    expect(older.fence).toMatchObject({ run: 5, epoch: 5 });
    const newer = decideWrite(older, write(state('active', 2, 6, 3)), NOW).next!;
    expect(newer.fence).toMatchObject({ run: 6, epoch: 6 });
    expect(decideWrite(newer, write(state('active', 1, 5, 8)), NOW).result.outcome).toBe('stale-run');
  });
});

describe('which state stands', () => {
  it('keeps the first of two ends of an attempt', () => {
    const completed = after(begun(), wrote(state('completed', 1, NOW, 2)));
    const { result, next } = decideWrite(completed, write(state('cancelled', 1, NOW + 9, 1), 'outside'), NOW);
    expect(result).toMatchObject({ outcome: 'outdated', record: { snapshot: { status: 'completed' } } });
    expect(next).toBeUndefined();
  });

  it('takes a lost acknowledgement for no lost race', () => {
    const completed = after(begun(), wrote(state('completed', 1, NOW, 2)));
    expect(decideWrite(completed, write(state('completed', 1, NOW, 2)), NOW)).toMatchObject({ result: { outcome: 'stored' } });
    expect(decideWrite(completed, write(state('failed', 1, NOW, 2)), NOW).result.outcome).toBe('outdated');
  });

  it('reopens a completed or failed job by a later attempt, a cancelled one by a re-run only', () => {
    for (const status of ['completed', 'failed'] as const) {
      const ended = after(begun(), wrote(state(status, 1, NOW, 2)));
      expect(decideWrite(ended, write(state('active', 2, NOW + 9, 1), 'outside'), NOW).result.outcome).toBe('stored');
    }
    const cancelled = after(begun(), wrote(state('cancelled', 1, NOW, 2)));
    for (const by of ['outside', 'run'] as const) {
      expect(decideWrite(cancelled, write(state('active', 2, NOW + 9, 1), by), NOW).result.outcome).toBe('outdated');
    }
    expect(decideWrite(cancelled, write(state('active', 2, NOW + 9, 1), 'rerun'), NOW).result.outcome).toBe('stored');
    expect(decideBegin(cancelled, claim(), NOW).result.outcome).toBe('cancelled');
    expect(decideBegin(cancelled, claim({ rerun: true }), NOW).result).toMatchObject({ outcome: 'begun', record: { snapshot: { version: [2, 0, NOW + 1, 1, NOW + 1] } } });
  });

  it('keeps the higher percentage, the request to cancel and the time of creation', () => {
    const asked = after(begun(), wrote(state('active', 1, NOW, 2, { progress: 80 })), (current) => decideCancel(current, { silentAfterMs: 10, timestamp: LATER }, NOW));
    const { next } = decideWrite(asked, write(state('active', 1, NOW, 3, { progress: 30, createdAt: LATER })), NOW);
    expect(next?.record?.snapshot).toMatchObject({ progress: 80, cancelRequested: true, createdAt: CREATED, version: [1, 0, NOW, 3, NOW + 1] });
  });
});

describe('a job whose record has expired', () => {
  const ended = withoutRecord(after(begun(), wrote(state('completed', 1, NOW, 2, { result: { noteId: 'n' } }))));

  it('is not brought back to life by anything late', () => {
    expect(decideWrite(ended, write(state('active', 1, NOW, 3)), NOW).result).toMatchObject({ outcome: 'outdated', record: { snapshot: { status: 'completed' } } });
    expect(decideWrite(ended, write(state('completed', 1, NOW, 2)), NOW)).toMatchObject({ result: { outcome: 'stored' } });
    expect(decideWrite(ended, write(state('completed', 1, NOW, 2)), NOW).next).toBeUndefined();
    expect(decideInsert(ended, claim(), NOW)).toMatchObject({ result: { snapshot: { status: 'completed' } } });
    expect(decideInsert(ended, claim(), NOW).next).toBeUndefined();
    expect(decideHeartbeat(ended, { jobId: 'job', epoch: NOW }, NOW)).toEqual({ result: { outcome: 'overtaken' } });
    expect(decideCancel(ended, { silentAfterMs: 1, timestamp: LATER }, NOW)).toEqual({ result: { outcome: 'unknown' } });
  });

  it('goes on with the next attempt', () => {
    expect(decideBegin(ended, claim(), NOW).result).toMatchObject({ outcome: 'begun', record: { snapshot: { version: [2, 0, NOW + 1, 1, NOW + 1] } } });
  });

  it('is stored again by the same state where it had not ended', () => {
    const lost = withoutRecord(after(begun(), wrote(state('active', 1, NOW, 2, { message: 'half' }))));
    const again = decideWrite(lost, write(state('active', 1, NOW, 2, { message: 'half' })), NOW);
    expect(again.next?.record).toMatchObject({ snapshot: { message: 'half' }, run: { epoch: NOW } });
  });
});

describe('how a run begins', () => {
  it('counts only attempts that have begun: the first run of a queued job is attempt 1', () => {
    const queued = after((current) => decideInsert(current, claim({ metadata: { fileName: 'a.pdf' }, type: 'pdf' }), NOW));
    expect(decideBegin(queued, claim({ createdAt: LATER }), NOW).result).toMatchObject({
      record: { snapshot: { version: [1, 0, NOW + 1, 1, NOW + 1], createdAt: CREATED, metadata: { fileName: 'a.pdf' }, type: 'pdf' } },
    });
  });

  it('takes the greater of the queue’s number and the next attempt', () => {
    expect(decideBegin(after(begun()), claim({ attempt: 5 }), NOW).result).toMatchObject({ record: { snapshot: { version: [5, 0, NOW + 1, 1, NOW + 1] } } });
    expect(decideBegin(after(begun({ attempt: 5 })), claim({ attempt: 2 }), NOW).result).toMatchObject({ record: { snapshot: { version: [6, 0, NOW + 1, 1, NOW + 1] } } });
  });

  it('gives epochs that only grow, whatever the clock does', () => {
    const first = decideTakeEpoch({}, NOW);
    const second = decideTakeEpoch(first.next!, NOW - 500);
    expect([first.result.epoch, second.result.epoch]).toEqual([NOW, NOW + 1]);
    expect(decideBegin(second.next!, claim(), NOW - 900).result).toMatchObject({ record: { snapshot: { version: [1, 0, NOW + 2, 1, NOW + 2] } } });
  });

  it('carries a request to cancel over to the next attempt', () => {
    const asked = after(begun(), (current) => decideCancel(current, { silentAfterMs: 10, timestamp: LATER }, NOW), wrote(state('retrying', 1, NOW, 2)));
    expect(decideBegin(asked, claim(), NOW).result).toMatchObject({ record: { snapshot: { cancelRequested: true } } });
  });
});

describe('a sign of life', () => {
  const beat = { jobId: 'job', epoch: NOW };

  it('is taken from the run that holds the job, and tells it of a request to cancel', () => {
    const running = after(begun());
    const { result, next } = decideHeartbeat(running, beat, NOW + 7);
    expect(result).toEqual({ outcome: 'alive', cancelRequested: false });
    expect(next?.record).toMatchObject({ run: { aliveAt: NOW + 7 }, changedAt: NOW });
    const asked = decideCancel(running, { silentAfterMs: 10, timestamp: LATER }, NOW).next!;
    expect(decideHeartbeat(asked, beat, NOW).result).toEqual({ outcome: 'alive', cancelRequested: true });
  });

  it('tells an overtaken run and one whose attempt was ended from outside', () => {
    expect(decideHeartbeat(after(begun(), begun()), beat, NOW).result.outcome).toBe('overtaken');
    expect(decideHeartbeat(after(begun(), wrote(state('failed', 1, NOW + 9, 1), 'outside')), beat, NOW).result.outcome).toBe('overtaken');
  });

  it('asks a run that the store has forgotten to repeat its state', () => {
    expect(decideHeartbeat({}, beat, NOW).result.outcome).toBe('unknown');
    expect(decideHeartbeat(after((current) => decideInsert(current, claim(), NOW)), beat, NOW).result.outcome).toBe('unknown');
  });
});

describe('cancelling', () => {
  const options = { silentAfterMs: 30_000, timestamp: LATER };

  it('asks a run that lives', () => {
    const { result, next } = decideCancel(after(begun()), options, NOW + 30_000);
    expect(result).toMatchObject({ outcome: 'requested', record: { snapshot: { cancelRequested: true, status: 'active' }, changedAt: NOW + 30_000 } });
    expect(decideCancel(next!, options, NOW).next).toBeUndefined();
  });

  it('ends a job that is queued, or whose run has been silent for too long', () => {
    const queued = after((current) => decideInsert(current, claim(), NOW));
    expect(decideCancel(queued, options, NOW).result).toMatchObject({ outcome: 'cancelled', record: { snapshot: { status: 'cancelled', version: [1, 2, NOW + 1, 1, NOW + 1], timestamp: LATER } } });
    const silent = decideCancel(after(begun()), options, NOW + 30_001);
    expect(silent.result).toMatchObject({ outcome: 'cancelled', record: { snapshot: { version: [1, 2, NOW + 30_001, 1, NOW + 30_001] } } });
    expect(silent.next?.record?.run).toBeUndefined();
  });

  it('leaves an end as it is', () => {
    const ended = after(begun(), wrote(state('completed', 1, NOW, 2)));
    expect(decideCancel(ended, options, NOW)).toMatchObject({ result: { outcome: 'ended', record: { snapshot: { status: 'completed' } } } });
  });
});
