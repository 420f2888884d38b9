import type { JobError } from '@notes/job-events-protocol';

import type { JobEventEmitterService } from '../emitter/index.js';
import type { FailureOutcome } from './failure-policy.js';
import { KeyedSerialQueue } from './serial-queue.js';
import type { ShownJob } from './stalled-attempt.js';

const reports = new WeakMap<object, KeyedSerialQueue>();

const reportsOf = (emitter: object): KeyedSerialQueue => {
  const known = reports.get(emitter);
  if (known !== undefined) return known;
  const made = new KeyedSerialQueue();
  reports.set(emitter, made);
  return made;
};

/** Reports a failed attempt. `attempt`: without one, the attempt that is shown. Rejects as `emitFailed`. */
export async function reportFailure<J>(
  emitter: JobEventEmitterService<J>,
  job: ShownJob,
  { attempt, error, outcome }: { readonly attempt: number | undefined; readonly error: JobError; readonly outcome: FailureOutcome },
): Promise<void> {
  const ending = outcome.kind === 'retrying' ? { willRetry: true, delayedUntil: outcome.delayedUntil } : {};
  let failure: { readonly cause: unknown } | undefined;
  const report = async (): Promise<void> => void (await emitter.emitFailed({ ...job, ...ending, attempt, error } as never));
  await reportsOf(emitter).run(job.jobId, report, (cause) => {
    failure = { cause };
  });
  if (failure !== undefined) throw failure.cause;
}

/** Resolves when the failures of this job that are on their way have been reported. The next attempt waits for it. */
export const failuresReported = (emitter: object, jobId: string): Promise<void> => reportsOf(emitter).settle(jobId);
