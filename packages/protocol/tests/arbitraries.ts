import fc from 'fast-check';
import { rankOf, type AnyJobSnapshot, type JobStatus, type JobVersion } from '../src/index.js';

const STATUSES: readonly JobStatus[] = ['queued', 'active', 'retrying', 'completed', 'failed', 'cancelled'];

/** A snapshot of one job, its numbers drawn from few values so that ties and races are common. */
export const snapshots: fc.Arbitrary<AnyJobSnapshot> = fc
  .record({
    status: fc.constantFrom(...STATUSES),
    attempt: fc.integer({ min: 1, max: 3 }),
    epoch: fc.integer({ min: 0, max: 3 }),
    seq: fc.integer({ min: 1, max: 3 }),
    term: fc.nat({ max: 1 }),
    progress: fc.integer({ min: 0, max: 100 }),
    cancelRequested: fc.boolean(),
  })
  .map(({ status, attempt, epoch, seq, term, progress, cancelRequested }) =>
    snapshot({
      status,
      version: [attempt, rankOf(status), epoch, seq, term],
      progress: status === 'completed' ? 100 : progress,
      ...(status === 'failed' || status === 'retrying'
        ? { error: { code: 'E', message: 'It broke.', retryable: status === 'retrying' } }
        : {}),
      ...(cancelRequested && rankOf(status) < 2 ? { cancelRequested: true as const } : {}),
    }),
  );

export function snapshot(fields: Partial<AnyJobSnapshot> & { version: JobVersion }): AnyJobSnapshot {
  return {
    jobId: 'job-1',
    status: 'active',
    stage: 'DOWNLOADING',
    progress: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    timestamp: '2026-01-01T00:00:00.000Z',
    ...fields,
  };
}
