import { DelayedError, RateLimitError, UnrecoverableError, WaitingChildrenError, WaitingError } from 'bullmq';
import { describe, expect, it } from 'vitest';

import type { BullJob } from './bull-job.js';
import { endOfThrow, failureOutcome } from './failure-policy.js';

const NOW = Date.UTC(2026, 0, 1);
const inState = (state: string | undefined, facts: Partial<BullJob> = {}): BullJob => ({
  id: '1',
  name: 'notes',
  queueName: 'pdf',
  timestamp: 1,
  data: {},
  opts: {},
  attemptsMade: 0,
  ...(state !== undefined && { getState: async () => state }),
  ...facts,
});
const named = (name: string): Error => Object.assign(new Error('from another copy of the library'), { name });
const inTwoSeconds = '2026-01-01T00:00:02.000Z';

describe('endOfThrow', () => {
  it.each([
    ['an error', new Error('boom'), inState('active')],
    ['a string', 'boom', inState('active')],
    ['nothing', undefined, inState('active')],
    ['an UnrecoverableError', new UnrecoverableError('no'), inState('active')],
    ['a DelayedError of a job that was not moved', new DelayedError(), inState('active')],
  ])('leaves %s to the queue', async (_what, error, job) => {
    expect(await endOfThrow(error, job, () => NOW)).toEqual({ end: 'none' });
  });

  it.each([
    ['DelayedError', new DelayedError(), inState('delayed', { delay: 2_000 }), inTwoSeconds],
    ['DelayedError of another copy of BullMQ', named('DelayedError'), inState('delayed', { delay: 2_000 }), inTwoSeconds],
    ['DelayedError of a job whose delay is over', new DelayedError(), inState('waiting', { delay: 2_000 }), undefined],
    ['DelayedError in a sandboxed process', new DelayedError(), inState(undefined), undefined],
    ['DelayedError with a queue that is away', new DelayedError(), { ...inState('x'), getState: () => Promise.reject(new Error('away')) }, undefined],
    ['WaitingError', new WaitingError(), inState('waiting'), undefined],
    ['WaitingChildrenError', new WaitingChildrenError(), inState('waiting-children'), undefined],
    ['RateLimitError', new RateLimitError(), { ...inState('active'), backend: { getRateLimitTtl: async () => 2_000 } }, inTwoSeconds],
    ['RateLimitError in BullMQ 5', new RateLimitError(), { ...inState('active'), scripts: { getRateLimitTtl: async () => 2_000 } }, inTwoSeconds],
    ['RateLimitError in a sandboxed process', new RateLimitError(), inState(undefined), undefined],
    ['a plain error with the message of a rate limit', new Error('bullmq:rateLimitExceeded'), inState('active'), undefined],
  ])('queues the job again after %s', async (_what, error, job, delayedUntil) => {
    expect(await endOfThrow(error, job, () => NOW)).toEqual({ end: 'queued', delayedUntil });
  });
});

describe('failureOutcome', () => {
  it.each([
    ['a job that the queue has finished', { finishedOn: NOW, delay: 2_000 }, { kind: 'failed' }],
    ['a job that the queue tries again at once', { delay: 0 }, { kind: 'retrying', delayedUntil: undefined }],
    ['a job that the queue tries again later', { delay: 2_000 }, { kind: 'retrying', delayedUntil: inTwoSeconds }],
  ])('reads what the queue decided of %s', (_what, job, expected) => {
    expect(failureOutcome(job, NOW)).toEqual(expected);
  });
});
