import { Job, UnrecoverableError, Worker } from 'bullmq';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { whatThrowMeans } from './what-throw-means.js';

/** A BullMQ job as its worker holds it, without a connection. */
function heldJob(facts: { opts: object; attemptsMade: number; attemptsStarted: number; discarded: boolean }, workerOptions: object): Job {
  const worker = { name: 'pdf', qualifiedName: 'bull:pdf', toKey: (key: string) => key, opts: workerOptions, backend: {}, keys: {} };
  const job = new Job(worker as never, 'notes', {}, facts.opts, '1');
  const { attemptsMade, attemptsStarted, discarded } = facts;
  return Object.assign(job, { attemptsMade, attemptsStarted, ...(discarded && { discarded }) });
}

/** Whether a worker that takes the job once more fails it without calling its function: how BullMQ 5 limits the starts. */
const refusesNextStart = (opts: object, attemptsStarted: number): boolean =>
  Worker.prototype['getUnrecoverableErrorMessage'].call({ opts } as Worker, { attemptsStarted: attemptsStarted + 1 } as Job) !== undefined;

const discarded = 'discard' in Job.prototype ? fc.boolean() : fc.constant(false);

const smallDelay = fc.constantFrom(-2, -1, 0, 1, 50);
const backoff = fc.oneof(
  fc.constant(undefined),
  smallDelay,
  fc.record({ type: fc.constantFrom('fixed', 'exponential', 'own', 'nobody-set'), delay: smallDelay }),
  fc.record({ type: fc.constantFrom('fixed', 'exponential'), delay: fc.constantFrom(-1, 0, 50), jitter: fc.constantFrom(0, 0.5) }, { requiredKeys: ['type', 'delay'] }),
);
const counter = fc.integer({ min: 0, max: 4 });

describe('whatThrowMeans beside BullMQ', () => {
  it('agrees with Job#shouldRetryJob, and with who takes the job next, about every error that the queue counts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ attempts: fc.option(counter, { nil: undefined }), backoff }),
        counter,
        counter,
        fc.option(counter, { nil: undefined }),
        smallDelay,
        fc.constantFrom(new Error('boom'), new UnrecoverableError('no')),
        discarded,
        async (opts, attemptsMade, attemptsStarted, maxStartedAttempts, ownDelay, error, discarded) => {
          const backoffStrategy = (_made: number, type?: string) => {
            if (type !== 'own') throw new Error(`Unknown backoff strategy ${type}`);
            return ownDelay;
          };
          const settings = { ...(maxStartedAttempts === undefined ? {} : { maxStartedAttempts }), settings: { backoffStrategy } };
          const job = heldJob({ opts, attemptsMade, attemptsStarted, discarded }, settings);
          const decided = await Promise.resolve(job['shouldRetryJob'](error)).then(
            ([again]: [boolean, number]) => (again ? 'retrying' : 'failed'),
            () => 'not-an-end',
          );
          expect(await whatThrowMeans(error, job, settings)).toBe(refusesNextStart(settings, attemptsStarted) ? 'failed' : decided);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
