import type { AnyJobSnapshot } from '@notes/job-events-protocol';

import type { JobEventEmitterService } from '../emitter/index.js';
import { KeyedSerialQueue } from '../serial-queue.js';
import type { QueueJob } from '../store/job-record.js';
import type { FailureOutcome } from './failure-policy.js';
import type { Failure } from './queue-errors.js';
import type { ShownJob } from './stalled-attempt.js';

const reports = new WeakMap<object, KeyedSerialQueue>();

const reportsOf = (emitter: object): KeyedSerialQueue => {
  const known = reports.get(emitter);
  if (known !== undefined) return known;
  const made = new KeyedSerialQueue();
  reports.set(emitter, made);
  return made;
};

/** Reports a failed attempt. `attempt`: without one, the attempt that is shown. Resolves to the current state. Rejects as `emitFailed`. */
export async function reportFailure<J>(
  emitter: JobEventEmitterService<J>,
  job: ShownJob & { readonly queueJob?: QueueJob | undefined },
  { attempt, failure, outcome }: { readonly attempt: number | undefined; readonly failure: Failure; readonly outcome: FailureOutcome },
): Promise<AnyJobSnapshot> {
  const ending = outcome.kind === 'retrying' ? { willRetry: true, delayedUntil: outcome.delayedUntil } : {};
  let rejection: { readonly cause: unknown } | undefined;
  let current: AnyJobSnapshot | undefined;
  const report = async (): Promise<void> => {
    current = (await emitter.emitFailed({ ...job, ...ending, attempt, ...failure } as never)) as AnyJobSnapshot;
  };
  await reportsOf(emitter).run(job.jobId, report, (cause) => {
    rejection = { cause };
  });
  if (rejection !== undefined) throw rejection.cause;
  return current!;
}

/** Resolves when the failures of this job that are on their way have been reported. The next attempt waits for it. */
export const failuresReported = (emitter: object, jobId: string): Promise<void> => reportsOf(emitter).settle(jobId);
