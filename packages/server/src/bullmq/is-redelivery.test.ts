import type { AnyJobSnapshot, JobStatus } from '@notes/job-events-protocol';
import { describe, expect, it } from 'vitest';

import type { JobRecord } from '../store/job-record.js';
import type { BullJob } from './bull-job.js';
import { isRedelivery } from './is-redelivery.js';

const createdAt = 1;

const stored = (status: JobStatus, attempt: number, createdAt?: number, stalledCounter?: number): Pick<JobRecord, 'snapshot' | 'queueJob'> => ({
  snapshot: snapshot(status, attempt),
  ...(createdAt !== undefined && { queueJob: { queue: 'bull:pdf', id: '1', createdAt, stalledCounter } }),
});

const snapshot = (status: JobStatus, attempt: number): AnyJobSnapshot => ({
  jobId: 'pdf:1',
  status,
  stage: 'COMPLETED',
  progress: 100,
  version: [attempt, 2, 5, 9],
  createdAt: '2026-01-01T00:00:00.000Z',
  timestamp: '2026-01-01T00:00:00.000Z',
});

const job = (counters: Pick<BullJob, 'attemptsMade' | 'stalledCounter'>): BullJob => ({
  id: '1', name: 'notes', queueName: 'pdf', timestamp: createdAt, data: {}, opts: {}, ...counters,
});

describe('isRedelivery', () => {
  it.each([
    ['stalled after its first try was done', { attemptsMade: 0, stalledCounter: 1 }, stored('completed', 1), true],
    ['stalled after its third try was done', { attemptsMade: 2, stalledCounter: 1 }, stored('completed', 3), true],
    ['is the one that the record names', { attemptsMade: 0, stalledCounter: 1 }, stored('completed', 1, createdAt), true],
    ['was created later than the one that the record names', { attemptsMade: 0, stalledCounter: 1 }, stored('completed', 1, createdAt - 1), false],
    ['stalled again after the run that followed its first stall was done', { attemptsMade: 0, stalledCounter: 2 }, stored('completed', 2, createdAt, 1), true],
    ['stalled once, was done by the next run, and was retried by hand', { attemptsMade: 0, stalledCounter: 1 }, stored('completed', 2, createdAt, 1), false],
    ['is new to the store', { attemptsMade: 0, stalledCounter: 0 }, undefined, false],
    ['stalled in the middle', { attemptsMade: 0, stalledCounter: 1 }, stored('active', 1), false],
    ['stalled, and its end was a failure', { attemptsMade: 0, stalledCounter: 1 }, stored('failed', 1), false],
    ['was retried by hand', { attemptsMade: 1, stalledCounter: 0 }, stored('completed', 1), false],
    ['was retried by hand, with its counters set back', { attemptsMade: 0, stalledCounter: 0 }, stored('completed', 2), false],
    ['was added again under its old id', { attemptsMade: 0, stalledCounter: 0 }, stored('completed', 1), false],
  ] as const)('answers for a job that %s', (_what, counters, record, expected) => {
    expect(isRedelivery(job(counters), record)).toBe(expected);
  });
});
