import type { AnyJobSnapshot, JobStatus } from '@notes/job-events-protocol';
import { describe, expect, it } from 'vitest';

import type { BullJob } from './bull-job.js';
import { isRedelivery } from './is-redelivery.js';

const standing = (status: JobStatus, attempt: number): AnyJobSnapshot => ({
  jobId: 'pdf:1',
  status,
  stage: 'COMPLETED',
  progress: 100,
  version: [attempt, 2, 5, 9],
  createdAt: '2026-01-01T00:00:00.000Z',
  timestamp: '2026-01-01T00:00:00.000Z',
});

const job = (counters: Pick<BullJob, 'attemptsMade' | 'stalledCounter'>): BullJob => ({
  id: '1', name: 'notes', queueName: 'pdf', timestamp: 1, data: {}, opts: {}, ...counters,
});

describe('isRedelivery', () => {
  it.each([
    ['stalled after its first try was done', { attemptsMade: 0, stalledCounter: 1 }, standing('completed', 1), true],
    ['stalled after its third try was done', { attemptsMade: 2, stalledCounter: 1 }, standing('completed', 3), true],
    ['is new to the store', { attemptsMade: 0, stalledCounter: 0 }, undefined, false],
    ['stalled in the middle', { attemptsMade: 0, stalledCounter: 1 }, standing('active', 1), false],
    ['stalled, and its end was a failure', { attemptsMade: 0, stalledCounter: 1 }, standing('failed', 1), false],
    ['was retried by hand', { attemptsMade: 1, stalledCounter: 0 }, standing('completed', 1), false],
    ['was retried by hand, with its counters set back', { attemptsMade: 0, stalledCounter: 0 }, standing('completed', 2), false],
    ['was added again under its old id', { attemptsMade: 0, stalledCounter: 0 }, standing('completed', 1), false],
  ] as const)('answers for a job that %s', (_what, counters, stored, expected) => {
    expect(isRedelivery(job(counters), stored)).toBe(expected);
  });
});
