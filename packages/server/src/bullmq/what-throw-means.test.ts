import { DelayedError, RateLimitError, UnrecoverableError, WaitingChildrenError, WaitingError } from 'bullmq';
import { describe, expect, it } from 'vitest';

import type { BullJob, BullWorkerSettings } from './bull-job.js';
import { whatThrowMeans, type ThrowMeaning } from './what-throw-means.js';

const jobWith = (facts: Partial<BullJob>): BullJob => ({
  id: '1',
  name: 'notes',
  queueName: 'pdf',
  timestamp: 1,
  data: {},
  opts: { attempts: 3 },
  attemptsMade: 0,
  attemptsStarted: 1,
  ...facts,
});

const named = (name: string): Error => Object.assign(new Error('from another copy of the library'), { name });
const boom = new Error('boom');

const rows: readonly (readonly [what: string, error: unknown, job: Partial<BullJob>, worker: BullWorkerSettings, meaning: ThrowMeaning])[] = [
  ['a first try of three', boom, {}, {}, 'retrying'],
  ['a second try of three', boom, { attemptsMade: 1 }, {}, 'retrying'],
  ['the last try of three', boom, { attemptsMade: 2 }, {}, 'failed'],
  ['a try after the last one, by a manual retry', boom, { attemptsMade: 3 }, {}, 'failed'],
  ['a try after the last one, with the counters set back', boom, { attemptsMade: 0, attemptsStarted: 1 }, {}, 'retrying'],
  ['a job with one try', boom, { opts: { attempts: 1 } }, {}, 'failed'],
  ['a job that says nothing about tries', boom, { opts: {} }, {}, 'failed'],
  ['a string that was thrown', 'boom', {}, {}, 'retrying'],
  ['nothing that was thrown, which the worker cannot read', undefined, {}, {}, 'not-an-end'],
  ['UnrecoverableError', new UnrecoverableError('no'), {}, {}, 'failed'],
  ['UnrecoverableError of another copy of BullMQ', named('UnrecoverableError'), {}, {}, 'failed'],
  ['a job that BullMQ 5 was told to discard', boom, { discarded: true } as Partial<BullJob>, {}, 'failed'],
  ['DelayedError', new DelayedError(), {}, {}, 'not-an-end'],
  ['DelayedError of another copy of BullMQ', named('DelayedError'), {}, {}, 'not-an-end'],
  ['DelayedError in the last try', new DelayedError(), { attemptsMade: 2 }, {}, 'not-an-end'],
  ['WaitingError', new WaitingError(), {}, {}, 'not-an-end'],
  ['WaitingChildrenError', new WaitingChildrenError(), {}, {}, 'not-an-end'],
  ['RateLimitError', new RateLimitError(), {}, {}, 'not-an-end'],
  ['a plain error with the message of a rate limit', new Error('bullmq:rateLimitExceeded'), {}, {}, 'not-an-end'],
  ['maxStartedAttempts reached', boom, { attemptsStarted: 2 }, { maxStartedAttempts: 2 }, 'failed'],
  ['maxStartedAttempts not reached', boom, { attemptsStarted: 1 }, { maxStartedAttempts: 2 }, 'retrying'],
  ['maxStartedAttempts of 0, which is none', boom, { attemptsStarted: 9 }, { maxStartedAttempts: 0 }, 'retrying'],
  ['a fixed back-off', boom, { opts: { attempts: 3, backoff: { type: 'fixed', delay: 50 } } }, {}, 'retrying'],
  ['a back-off of -1', boom, { opts: { attempts: 3, backoff: -1 } }, {}, 'failed'],
  ['a fixed back-off of -1', boom, { opts: { attempts: 3, backoff: { type: 'fixed', delay: -1 } } }, {}, 'failed'],
  ['a fixed back-off of -1 with jitter', boom, { opts: { attempts: 3, backoff: { type: 'fixed', delay: -1, jitter: 0.5 } } }, {}, 'failed'],
  ['an exponential back-off of -1', boom, { opts: { attempts: 3, backoff: { type: 'exponential', delay: -1 } } }, {}, 'failed'],
  ['a strategy that says -1', boom, { opts: { attempts: 3, backoff: { type: 'own' } } }, { settings: { backoffStrategy: () => -1 } }, 'failed'],
  ['a strategy that says -1 later', boom, { opts: { attempts: 3, backoff: { type: 'own' } } }, { settings: { backoffStrategy: async () => -1 } }, 'failed'],
  ['a strategy that says 0', boom, { opts: { attempts: 3, backoff: { type: 'own' } } }, { settings: { backoffStrategy: () => 0 } }, 'retrying'],
  ['a strategy that nobody set', boom, { opts: { attempts: 3, backoff: { type: 'own' } } }, {}, 'not-an-end'],
  ['a strategy that throws', boom, { opts: { attempts: 3, backoff: { type: 'own' } } }, { settings: { backoffStrategy: () => { throw boom; } } }, 'not-an-end'],
  ['a strategy that throws, not asked in the last try', boom, { attemptsMade: 2, opts: { attempts: 3, backoff: { type: 'own' } } }, { settings: { backoffStrategy: () => { throw boom; } } }, 'failed'],
];

describe('whatThrowMeans', () => {
  it.each(rows)('takes %s for what the queue takes it', async (_what, error, job, worker, meaning) => {
    expect(await whatThrowMeans(error, jobWith(job), worker)).toBe(meaning);
  });

  it('asks a strategy with the number of the try, as the queue does', async () => {
    const asked: unknown[] = [];
    const backoffStrategy = (...args: readonly unknown[]) => { asked.push(args); return 10; };
    const job = jobWith({ attemptsMade: 1, opts: { attempts: 5, backoff: { type: 'own', delay: 7 } } });
    await whatThrowMeans(boom, job, { settings: { backoffStrategy } });
    expect(asked).toEqual([[2, 'own', boom, job]]);
  });
});
